import { expect, test } from "bun:test";
import { join } from "node:path";
import { loadConfig } from "../../src/config/load.ts";
import { createLogger } from "../../src/observe/log.ts";
import type { Plugin } from "../../src/plugin.ts";
import { createRegistry } from "../../src/registry/registry.ts";
import { setupOf } from "../../src/workers/reload.ts";
import { WorkerSlot } from "../../src/workers/slot.ts";
import { tempFolder } from "../support/temp.ts";
import { until } from "../support/until.ts";

const PROJECT = join(import.meta.dir, "../..");
const TEXT = `listen: { host: 127.0.0.1, port: 0, workers: 2 }
routes: [{ path: /, plugins: { respond: { body: hello } } }]
`;

async function startSlot(hungMs: number) {
  using folder = tempFolder();
  const plugins = await createRegistry(join(PROJECT, "plugins"));
  const loaded = await loadConfig<Plugin>(folder.write("gateway.yaml", TEXT), { env: {}, plugins });
  if (!loaded.ok) throw new Error("the configuration is not valid");
  const logs: string[] = [];
  const write = (line: string) => void logs.push(line);
  const log = createLogger({ level: "info", format: "json", redact: [], write, now: Date.now });
  const slot = new WorkerSlot({
    worker: 1,
    program: [process.execPath, join(PROJECT, "src/main.ts")],
    log,
    write,
    setup: () => ({ ...setupOf(loaded), worker: 1, drains: [], orders: [], version: 1 }),
    onServing: () => {},
    onVerdict: () => {},
    onDocuments: () => {},
    onShut: () => {},
    hungMs,
  });
  await slot.start();
  return { slot, logs };
}

test("a worker that answers nothing for long is ended, and another one is started", async () => {
  const { slot, logs } = await startSlot(1_000);
  const { pid = 0 } = slot.view;
  process.kill(pid, "SIGSTOP");
  expect(await slot.ask({ about: "listeners" }, 100)).toBeUndefined();
  expect(slot.view).toMatchObject({ pid, state: "running", isSilent: true });
  const isReplaced = async () => {
    await slot.ask({ about: "listeners" }, 100);
    return slot.view.restarts === 1 && slot.isServing;
  };
  await until(isReplaced, { timeout: 45_000, what: () => `it is replaced: ${JSON.stringify(slot.view)}` });
  expect(slot.view.pid).not.toBe(pid);
  expect(logs.some((line) => line.includes("a worker hangs: it is ended"))).toBeTrue();
  expect(await slot.ask({ about: "listeners" }, 15_000)).toHaveLength(1);
  expect(slot.view.isSilent).toBeUndefined();
  await slot.kill();
});

test.each([0, 60_000])(
  "two questions without an answer end no worker, if %d ms may be between them",
  async (hungMs) => {
    const { slot } = await startSlot(hungMs);
    const { pid = 0 } = slot.view;
    process.kill(pid, "SIGSTOP");
    await slot.ask({ about: "listeners" }, 50);
    await slot.ask({ about: "listeners" }, 50);
    process.kill(pid, "SIGCONT");
    await until(async () => (await slot.ask({ about: "listeners" }, 15_000)) !== undefined);
    expect(slot.view).toMatchObject({ pid, state: "running", restarts: 0 });
    expect(slot.view.isSilent).toBeUndefined();
    await slot.kill();
  },
);

test("a question that there is no room for says nothing of the worker", async () => {
  const { slot } = await startSlot(0);
  const { pid = 0 } = slot.view;
  process.kill(pid, "SIGSTOP");
  const waiting = Array.from({ length: 64 }, () => slot.ask({ about: "listeners" }, 20_000));
  expect(await slot.ask({ about: "listeners" }, 20_000)).toBeUndefined();
  expect(slot.view.isSilent).toBeUndefined();
  process.kill(pid, "SIGCONT");
  expect((await Promise.all(waiting)).every((answer) => answer?.length === 1)).toBeTrue();
  expect(slot.view).toMatchObject({ pid, state: "running", restarts: 0 });
  await slot.kill();
});
