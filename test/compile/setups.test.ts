import { expect, test } from "bun:test";
import { Type } from "@sinclair/typebox";
import { loadConfig } from "../../src/config/load.ts";
import { Gateway } from "../../src/gateway.ts";
import { definePlugin, type Phases } from "../../src/plugin.ts";
import { createTestLasting } from "../../src/testing/lasting.ts";
import { tempFolder } from "../support/temp.ts";
import { until } from "../support/until.ts";

async function load(yaml: string, plugin?: ReturnType<typeof definePlugin>) {
  using folder = tempFolder();
  const plugins = { find: async () => plugin, names: () => ["slow"] };
  const loaded = await loadConfig(folder.write("gateway.yaml", yaml), { env: {}, plugins });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded;
}

function slowPlugin(setup: () => Promise<Phases>) {
  return definePlugin({ name: "slow", description: "Waits.", options: Type.Object({}), setup });
}

test("a setup that does not end is given up, and its instance closed when it comes after all", async () => {
  const pending = Promise.withResolvers<Phases>();
  let closed = 0;
  const plugin = slowPlugin(() => pending.promise);
  const loaded = await load("plugins: { slow: {} }\n", plugin);
  const created = Gateway.create({ ...loaded, setupMs: 20 }, createTestLasting());
  await expect(created).rejects.toThrow("plugin slow: it was not set up in time: its setup still waits for something");
  pending.resolve({ close: () => void closed++ });
  await until(() => closed === 1);
});

test("a setup that fails late fails only once", async () => {
  const pending = Promise.withResolvers<Phases>();
  const loaded = await load(
    "plugins: { slow: {} }\n",
    slowPlugin(() => pending.promise),
  );
  await expect(Gateway.create({ ...loaded, setupMs: 20 }, createTestLasting())).rejects.toThrow("not set up in time");
  pending.reject(new Error("late"));
  await Bun.sleep(0);
});

/** CPU time of this thread in ms: a turn is no longer for a machine that is busy. */
function threadMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

test("a large configuration leaves turns to everything else while it is compiled", async () => {
  const routes = Array.from({ length: 3_000 }, (_, n) => `  - { path: /r${n}/:id, service: s }\n`).join("");
  const loaded = await load(`services: { s: { targets: ["http://127.0.0.1:9"] } }\nroutes:\n${routes}`);
  const startedAt = threadMs();
  let lastTurnAt = startedAt;
  let longestMs = 0;
  let isDone = false;
  const turn = () => {
    const now = threadMs();
    longestMs = Math.max(longestMs, now - lastTurnAt);
    lastTurnAt = now;
    if (!isDone) setImmediate(turn);
  };
  setImmediate(turn);
  const gateway = await Gateway.create(loaded, createTestLasting());
  isDone = true;
  const allMs = threadMs() - startedAt;
  await gateway.close();
  // Without a pause the longest would be all of it; building the router is one turn.
  expect(longestMs).toBeGreaterThan(0);
  expect(longestMs).toBeLessThan(allMs * 0.8);
}, 60_000);
