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

test("a running gateway keeps its admin port, its store and the form of its log, and takes over all else", async () => {
  const running = await configOf(SERVICE);
  const next = await configOf(
    "admin: { port: 1 }\nredis: { key-prefix: 'x:' }\nlog: { format: pretty, level: warn }\nerrors: { format: envelope }\n",
  );
  const { config, needsRestart } = fitToRunning(next, running);
  expect(needsRestart).toEqual(["admin", "redis", "log.format"]);
  const { format: _, ...log } = next.log;
  expect(config).toEqual({ ...next, admin: running.admin, redis: running.redis, log });
});

describe("listeners", () => {
  const TLS = "tls: { cert: a.pem, key: a.key }";

  /** Of files nobody needs here. */
  async function listenersOf(yaml: string): Promise<Config> {
    const config = await configOf(yaml.replaceAll(/tls: \{[^}]*\}\}?/g, ""));
    const tls = [...yaml.matchAll(/tls: (\{[^}]*\}\}?)/g)].map(([, text = ""]) => Bun.YAML.parse(text));
    const listen = config.listen.map((one, index) => {
      return tls[index] === undefined ? one : { ...one, tls: { certificates: [], ...(tls[index] as object) } };
    });
    return { ...config, listen } as Config;
  }

  test.each([
    ["limits", "listen: { port: 1 }", "listen: { port: 1, limits: { connections: 5 } }", [], true],
    ["a new one", "listen: { port: 1 }", "listen: [{ port: 1 }, { port: 2 }]", [], true],
    ["one less", "listen: [{ port: 1 }, { port: 2 }]", "listen: { port: 2 }", [], true],
    ["another port", "listen: { port: 1 }", "listen: { port: 2 }", [], true],
    ["another host", "listen: { port: 1 }", "listen: { port: 1, host: 127.0.0.1 }", ["listen.host"], false],
    ["http2", "listen: { port: 1 }", "listen: { port: 1, http2: true }", ["listen.http2"], false],
    ["certificates", `listen: { port: 1, ${TLS} }`, "listen: { port: 1, tls: { cert: b.pem, key: b.key } }", [], true],
    ["certificates from now on", "listen: { port: 1 }", `listen: { port: 1, ${TLS} }`, ["listen.tls"], false],
    ["no certificates", `listen: { port: 1, ${TLS} }`, "listen: { port: 1 }", ["listen.tls"], false],
    ["more workers", "listen: { port: 1, workers: 2 }", "listen: { port: 1, workers: 3 }", [], true],
    ["the first workers", "listen: { port: 1 }", "listen: { port: 1, workers: 2 }", ["listen.workers"], false],
    [
      "workers at one that goes",
      "listen: [{ port: 1, workers: 2 }, { port: 2 }]",
      "listen: { port: 2 }",
      ["listen.workers"],
      false,
    ],
  ])("with %s: a plan and a reload agree on what waits", async (_, before, after, expected, isWhole) => {
    const [running, next] = [await listenersOf(before), await listenersOf(after)];
    const { config, needsRestart } = fitToRunning(next, running);
    expect(needsRestart).toEqual([...expected]);
    expect(compare(printsOf(running, "salt"), printsOf(next, "salt")).needsRestart).toEqual([...expected]);
    expect(Bun.deepEquals(config.listen, next.listen)).toBe(isWhole);
    // What was left out is left out again, and nothing else.
    expect(fitToRunning(next, config)).toEqual({ config, needsRestart: [...expected] });
  });
});
