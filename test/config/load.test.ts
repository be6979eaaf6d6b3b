import { describe, expect, test } from "bun:test";
import { loadConfig } from "../../src/config/load.ts";
import { positionOf } from "../../src/config/source.ts";
import { tempFolder } from "../support/temp.ts";
import { brief, briefs, load, lookup, problemsOf } from "./workspace.ts";

const USERS = "services:\n  users: { targets: ['http://127.0.0.1:4001'] }\n";

describe("loadConfig", () => {
  test("fills in every default and freezes the result", async () => {
    const result = await load({ "gateway.yaml": `${USERS}routes:\n  - { path: /users, service: users }\n` });
    if (!result.ok) throw new Error(result.problems.map(brief).join("\n"));
    const { config } = result;
    expect(config.listen).toHaveLength(1);
    expect(config.listen[0]).toMatchObject({ host: "0.0.0.0", port: 8080, timeouts: { header: 10_000 } });
    expect(config.admin).toEqual({ host: "127.0.0.1", port: 9090 });
    expect(config.services.users).toMatchObject({ balance: "round-robin", pool: { "idle-timeout": 55_000 } });
    expect(config.routes).toEqual([{ path: "/users", service: "users", plugins: {} }]);
    expect(config).not.toHaveProperty("include");
    expect(Object.isFrozen(config.listen[0]?.timeouts)).toBeTrue();
    expect(Object.isFrozen(config.routes[0]?.plugins)).toBeTrue();
    expect(result.problems).toEqual([]);
  });

  test("knows where each route and service is written, also one whose document is elsewhere", async () => {
    const services =
      "services:\n  a: { targets: ['http://127.0.0.1:1'] }\n  b: { targets: ['http://127.0.0.1:2'], openapi: /doc.json }\n";
    const routes = "routes:\n  - { path: /a, service: a }\n  - { path: /b, service: b }\n";
    const result = await load({ "gateway.yaml": services + routes });
    if (!result.ok) throw new Error(result.problems.map(brief).join("\n"));
    const { config, placeOf } = result;
    const parts = [config.services.a, config.services.b, ...config.routes];
    const lines = parts.map((part) => {
      const place = part && placeOf(part);
      return place && positionOf(place).line;
    });
    expect(lines).toEqual([2, 3, 5, 6]);
  });

  test("an empty file is a gateway without routes", async () => {
    const result = await load({ "gateway.yaml": "" });
    expect(result.ok).toBeTrue();
    expect(result.problems.map(brief)).toEqual(["1:1 routes: there is no route: every request is answered 404"]);
    expect(result.problems[0]?.severity).toBe("warning");
  });

  test("takes a list of listeners", async () => {
    const result = await load({ "gateway.yaml": "listen: [{ port: 1 }, { port: 2 }]\nroutes:\n" });
    expect(result.ok && result.config.listen.map(({ port }) => port)).toEqual([1, 2]);
  });

  test("a file that is missing, a folder or no text is a problem, not a throw", async () => {
    using folder = tempFolder();
    folder.write("bytes.yaml", new Uint8Array([0xff, 0xfe, 0x00]));
    folder.write("folder/x.yaml", "");
    const messages = await Promise.all(
      ["nope.yaml", "folder", "bytes.yaml"].map(async (name) => {
        const { problems } = await loadConfig(name, { env: {}, plugins: lookup, directory: folder.path });
        return problems.map(({ file, line, message }) => `${file} ${line} ${message}`);
      }),
    );
    expect(messages).toEqual([
      ["nope.yaml 0 cannot be read: there is no such file"],
      ["folder 0 cannot be read: it is a folder"],
      ["bytes.yaml 0 cannot be read: it is not UTF-8 text"],
    ]);
  });

  test("a file that is no map is a problem", async () => {
    expect(await briefs("- a\n- b\n")).toEqual(["1:1 : expected a map, found a list"]);
    expect(await briefs("hello\n")).toEqual(['1:1 : expected a map, found "hello"']);
  });

  test("tells every problem of every kind at once, from top to bottom", async () => {
    const text = [
      "listen: { prot: 80 }",
      "log: { level: '${LEVEL}' }",
      "services:",
      "  users:",
      "    targets: [localhost:4001]",
      "    timeouts: { connect: 3 }",
      "  users: {}",
      "routes:",
      "  - path: /users",
      "    service: usres",
      "    plugins: { slow: { after: soon }, rate-limt: {} }",
      "",
    ].join("\n");
    expect(await briefs(text)).toEqual([
      '1:11 listen.prot: unknown key "prot" (did you mean "port"?)',
      "2:15 log.level: the variable LEVEL is not set (set it, or give a default: ${LEVEL:-default})",
      '5:15 services.users.targets[0]: expected http://host:port, https://host:port or unix:/path/to.sock: the scheme is missing; found "localhost:4001" (write http:// in front)',
      "6:26 services.users.timeouts.connect: expected a duration such as 250ms, 30s, 5m, 1h or 7d, found the number 3 (give it a unit)",
      "7:3 services.users: this key is here twice, first on line 4",
      '10:14 routes[0].service: expected the name of a service, found "usres" (did you mean "users"?)',
      '11:31 routes[0].plugins.slow.after: expected a duration such as 250ms, 30s, 5m, 1h or 7d, found "soon"',
      '11:39 routes[0].plugins.rate-limt: expected the name of a plugin, found "rate-limt" (there are request-id, respond, slow; a file is written as ./my-plugin.ts)',
    ]);
  });

  test("never shows a secret", async () => {
    const env = { SECRET: "hunter2", URL: "ftp://hunter2.example" };
    const text = [
      "admin: { token: { a: '${SECRET}' } }",
      "log: { level: '${SECRET}' }",
      "services:",
      "  users: { targets: ['${URL}', 'http://me:hunter2@example.com'], balance: '${SECRET}' }",
      "routes:",
      "  - { path: '/users', service: '${SECRET}', host: 'bad host ${SECRET}', plugins: { slow: { secret: '${SECRET}' } } }",
      "  - { path: '${SECRET}', service: users, methods: ['${SECRET}'] }",
      "",
    ].join("\n");
    const problems = await problemsOf(text, env);
    expect(problems.length).toBeGreaterThanOrEqual(8);
    for (const { message, hint } of problems) expect(`${message} ${hint}`).not.toContain("hunter2");
  });

  test("takes four times as long for four times as many routes, and not sixteen", async () => {
    await secondsFor(250);
    const few = await secondsFor(250);
    const many = await secondsFor(1_000);
    expect(many / few).toBeLessThan(10);
  });
});

/** CPU time that a configuration with so many routes takes. */
async function secondsFor(count: number): Promise<number> {
  const lines = [USERS.trimEnd(), "plugins: { request-id: {} }", "routes:"];
  for (let i = 0; i < count; i++) {
    lines.push(
      `  - name: route-${i}`,
      `    path: /api/group-${i % 40}/items-${i}/:id`,
      "    methods: [GET, POST]",
      '    headers: { x-api-version: "2" }',
      "    service: users",
      "    strip-prefix: /api",
      "    plugins:",
      "      slow: { after: 2s }",
      "      request-id: false",
    );
  }
  const text = `${lines.join("\n")}\n`;
  const before = process.cpuUsage();
  const result = await load({ "gateway.yaml": text });
  const { user, system } = process.cpuUsage(before);
  expect(result.ok && result.config.routes.length).toBe(count);
  return (user + system) / 1e6;
}
