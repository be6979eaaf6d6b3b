import { describe, expect, test } from "bun:test";
import { loadConfig } from "../../src/config/load.ts";
import type { Config } from "../../src/config/schema.ts";
import { createRegistry } from "../../src/registry/registry.ts";
import { compare } from "../../src/reload/changes.ts";
import { fitToRunning } from "../../src/reload/fixed.ts";
import { printsOf } from "../../src/reload/prints.ts";
import { tempFolder } from "../support/temp.ts";

const registry = createRegistry(new URL("../../plugins", import.meta.url).pathname);

async function configOf(yaml: string): Promise<Config> {
  using folder = tempFolder();
  const loaded = await loadConfig(folder.write("gateway.yaml", yaml), { env: {}, plugins: await registry });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.config;
}

async function changes(before: string, after: string) {
  return compare(printsOf(await configOf(before), "salt"), printsOf(await configOf(after), "salt"));
}

const SERVICE = "services: { s: { targets: [http://a] } }\n";

describe("two configurations", () => {
  test("that say the same in another order, or with defaults, do not differ", async () => {
    const other =
      "services: { s: { balance: round-robin, pool: { max-idle: 20 }, targets: [http://a] } }\nreload: watch\n";
    expect(await changes(SERVICE, other)).toEqual({ changes: [], needsRestart: [] });
  });

  test("differ in the keys of a service, a route or a plugin", async () => {
    const routes = (options: string) => `${SERVICE}routes: [{ path: /a, service: s, plugins: ${options} }]\n`;
    expect((await changes(SERVICE, SERVICE.replace("}", ", pool: { max-idle: 1 } }"))).changes).toEqual([
      { part: "service s", change: "changed", keys: ["pool"] },
    ]);
    expect((await changes(routes("{ retry: {} }"), routes("{ retry: { attempts: 5 } }"))).changes).toEqual([
      { part: "route /a", change: "changed", keys: ["plugins.retry"] },
    ]);
    expect((await changes(routes("{ retry: {} }"), routes("{ access-log: {} }"))).changes).toEqual([
      { part: "route /a", change: "changed", keys: ["plugins.retry", "plugins.access-log"] },
    ]);
    expect(
      (await changes(routes("{ retry: {}, access-log: {} }"), routes("{ access-log: {}, retry: {} }"))).changes,
    ).toEqual([{ part: "route /a", change: "changed", keys: ["order of plugins"] }]);
  });

  test("differ in the order of routes and global plugins, which decides between them", async () => {
    const a = "{ path: '~ ^/a', service: s }";
    const b = "{ path: '~ ^/(a|b)', service: s }";
    const { changes: found } = await changes(`${SERVICE}routes: [${a}, ${b}]\n`, `${SERVICE}routes: [${b}, ${a}]\n`);
    expect(found).toEqual([{ part: "routes", change: "changed", keys: ["order"] }]);
    const plugins = await changes(
      "plugins: { access-log: {}, retry: {} }\n",
      "plugins: { retry: {}, access-log: {} }\n",
    );
    expect(plugins.changes).toEqual([{ part: "plugins", change: "changed", keys: ["order"] }]);
  });

  test("keep routes without names apart that match the same path", async () => {
    const routes = (value: string) => `${SERVICE}routes:
  - { path: /a, headers: { x: "1" }, service: s }
  - { path: /a, headers: { x: "${value}" }, service: s }
`;
    expect((await changes(routes("2"), routes("3"))).changes).toEqual([
      { part: "route /a [header:x=2]", change: "removed" },
      { part: "route /a [header:x=3]", change: "added" },
    ]);
  });

  test("show nothing of a value but whether it is the same, and with another salt not even that", async () => {
    const config = await configOf("admin: { token: hush }\n");
    const prints = printsOf(config, "salt");
    expect(JSON.stringify(prints)).not.toContain("hush");
    expect(printsOf(config, "salt")).toEqual(prints);
    expect(printsOf(config, "other").gateway?.admin).not.toBe(prints.gateway?.admin);
  });
});

test("a running gateway keeps its ports, its log and its store, and takes over all else", async () => {
  const running = await configOf(SERVICE);
  const next = await configOf("listen: { port: 1 }\nredis: { key-prefix: 'x:' }\nerrors: { format: envelope }\n");
  const { config, needsRestart } = fitToRunning(next, running);
  expect(needsRestart).toEqual(["listen", "redis"]);
  expect(config).toEqual({ ...next, listen: running.listen, redis: running.redis });
});
