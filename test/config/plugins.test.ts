import { describe, expect, test } from "bun:test";
import { effectivePlugins } from "../../src/config/effective.ts";
import type { PluginDescription } from "../../src/config/plugin-lookup.ts";
import { Type } from "../../src/plugin.ts";
import { brief, briefs, load } from "./workspace.ts";

const USERS = "services:\n  users:\n    targets: ['http://127.0.0.1:4001']\n";
const ROUTE = "routes:\n  - { path: /users, service: users }\n";

describe("plugins of a configuration", () => {
  test("get their options decoded, by their own names", async () => {
    const result = await load({
      "gateway.yaml": `plugins: { request-id:, ./mine/slow.ts: { after: 2s } }\n${USERS}${ROUTE}`,
    });
    if (!result.ok) throw new Error(result.problems.map(brief).join("\n"));
    expect(result.config.plugins).toEqual({ "request-id": { header: "x-id" }, slow: { after: 2000 } });
    expect([...result.plugins.keys()]).toEqual(["request-id", "slow"]);
  });

  test("are checked at their own lines, wherever they are", async () => {
    const text = `plugins:
  slow: { aftr: 1s }
services:
  users:
    targets: ['http://127.0.0.1:4001']
    plugins: { respond: {}, requst-id: {} }
routes:
  - path: /users
    service: users
    plugins:
      ./slow.ts:
        after: 1
      broken: {}
      request-id: { header: "" }
`;
    expect(await briefs(text)).toEqual([
      '2:11 plugins.slow.aftr: unknown key "aftr" (did you mean "after"?)',
      '6:25 services.users.plugins.respond: the key "status" is missing: expected a whole number',
      '6:29 services.users.plugins.requst-id: expected the name of a plugin, found "requst-id" (did you mean "request-id"?)',
      '12:16 routes[0].plugins["./slow.ts"].after: expected a duration such as 250ms, 30s, 5m, 1h or 7d, found the number 1 (give it a unit)',
      '13:7 routes[0].plugins.broken: the plugin "broken" cannot be used: it has a syntax error',
    ]);
  });

  test("have options or false", async () => {
    expect(await briefs(`plugins: { slow: true, request-id: [] }\n${USERS}${ROUTE}`)).toEqual([
      "1:18 plugins.slow: expected a map of options, or false, found true",
      "1:36 plugins.request-id: expected a map of options, or false, found an empty list",
    ]);
  });

  test("are there once in a map, whatever they are called by", async () => {
    expect(await briefs(`plugins: { slow: {}, ./slow.ts: {} }\n${USERS}${ROUTE}`)).toEqual([
      '1:22 plugins["./slow.ts"]: the plugin "slow" is here twice',
    ]);
  });

  test("are one plugin for each name", async () => {
    expect(await briefs(`plugins: { slow: {} }\n${USERS}    plugins: { other-slow: {} }\n${ROUTE}`)).toEqual([
      '5:16 services.users.plugins.other-slow: another plugin is called "slow" too',
    ]);
  });

  test("tell the place of their options for what shows later, without secrets", async () => {
    const text = `${USERS}routes:\n  - path: /users\n    service: users\n    plugins:\n      request-id: { header: "\${H}" }\n`;
    const result = await load({ "gateway.yaml": text }, { H: "hunter2" });
    if (!result.ok) throw new Error(result.problems.map(brief).join("\n"));
    const options = result.config.routes[0]?.plugins["request-id"];
    const problem = result.problemFor(options, "hunter2 is no header");
    expect(problem && brief(problem)).toBe("8:7 routes[0].plugins.request-id: ${H} is no header");
    // The option that the fault names, if it is written.
    const atOption = result.problemFor(options, "plugin request-id: header: hunter2 is no header");
    expect(atOption && brief(atOption)).toBe(
      "8:29 routes[0].plugins.request-id.header: plugin request-id: header: ${H} is no header",
    );
    expect(result.problemFor({}, "x")).toBeUndefined();
    expect(result.problemFor(false, "x")).toBeUndefined();
  });
});

test("a plugin whose schema cannot be checked is a problem, not a throw", async () => {
  const [problem] = await briefs(`plugins: { odd: {} }\n${USERS}${ROUTE}`);
  expect(problem).toStartWith("1:12 plugins.odd: the plugin's options cannot be checked: ");
});

describe("effectivePlugins", () => {
  const describeAs = (name: string): PluginDescription => ({ name, description: name, options: Type.Object({}) });
  const plugins = new Map(["a", "b", "c", "d"].map((name) => [name, describeAs(name)] as const));
  const config = {
    plugins: { a: { at: 1 }, b: { at: 1 }, c: false },
    services: { users: { plugins: { c: { at: 2 }, b: { at: 2 } } }, other: { plugins: { d: { at: 2 } } } },
  };
  const of = (route: Parameters<typeof effectivePlugins>[1], service?: string) =>
    effectivePlugins(config, route, plugins, service).map(({ name, options, origin }) => [name, options, origin]);

  test("are the global ones without a route", () => {
    expect(of(undefined)).toEqual([
      ["a", { at: 1 }, "global"],
      ["b", { at: 1 }, "global"],
    ]);
  });

  test("are global, service, route; a later one replaces an earlier one in its place", () => {
    expect(of({ service: "users", plugins: { d: { at: 3 }, a: { at: 3 } } })).toEqual([
      ["a", { at: 3 }, "route"],
      ["b", { at: 2 }, "service"],
      ["c", { at: 2 }, "service"],
      ["d", { at: 3 }, "route"],
    ]);
  });

  test("are removed by false", () => {
    expect(of({ service: "users", plugins: { a: false, c: false } }).map(([name]) => name)).toEqual(["b"]);
  });

  test("are those of the service that is asked for", () => {
    expect(of({ plugins: {} }, "other").map(([name]) => name)).toEqual(["a", "b", "d"]);
    expect(of({ plugins: {} }, "constructor").map(([name]) => name)).toEqual(["a", "b"]);
  });

  test("hand back the whole plugin", () => {
    expect(effectivePlugins(config, undefined, plugins)[0]?.plugin).toBe(plugins.get("a"));
  });
});
