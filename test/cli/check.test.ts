import { describe, expect, test } from "bun:test";
import { check } from "../../src/cli/check.ts";
import type { CliIo } from "../../src/cli/io.ts";
import { tempFolder } from "../support/temp.ts";
import { runCommand } from "./run.ts";

/** Runs the command in a folder with these files. */
async function run(files: Readonly<Record<string, string>>, args: readonly string[] = [], init: Partial<CliIo> = {}) {
  using folder = tempFolder();
  for (const [name, text] of Object.entries(files)) folder.write(name, text);
  return await runCommand(check, folder.path, args, init);
}

const VALID = `plugins: { request-id: {} }
services:
  users: { targets: ["http://127.0.0.1:4001", "http://127.0.0.1:4002"] }
routes:
  - { path: /users/*, service: users }
`;

describe("gateway check", () => {
  test("sums up a valid file", async () => {
    expect(await run({ "gateway.yaml": VALID })).toEqual({
      exitCode: 0,
      err: "",
      out: `gateway.yaml is valid
  listens on  http://0.0.0.0:8080
  admin       http://127.0.0.1:9090
  services    users (2 targets)
  routes      1
  plugins     request-id
`,
    });
  });

  test("takes the file that it is given, relative to where it is run", async () => {
    const { exitCode, out } = await run({ "conf/a.yaml": VALID }, ["conf/a.yaml"]);
    expect({ exitCode, first: out.split("\n")[0] }).toEqual({ exitCode: 0, first: "conf/a.yaml is valid" });
  });

  test("prints warnings, and is content", async () => {
    const { exitCode, out, err } = await run({ "gateway.yaml": `${VALID}include: ["teams/*.yaml"]\n` });
    expect(exitCode).toBe(0);
    expect(out).toStartWith("gateway.yaml is valid, with 1 warning\n");
    expect(err).toStartWith('gateway.yaml:6:11 warning include[0]: no file matches "teams/*.yaml"\n');
  });

  test("prints every problem with its line, and their number", async () => {
    const text = VALID.replace("service: users", "service: usres").replace("request-id", "requst-id");
    expect(await run({ "gateway.yaml": text })).toEqual({
      exitCode: 1,
      out: "",
      err: `gateway.yaml:1:12 error plugins.requst-id: expected the name of a plugin, found "requst-id"
    1 | plugins: { requst-id: {} }
      |            ^
      did you mean "request-id"?

gateway.yaml:5:32 error routes[0].service: expected the name of a service, found "usres"
    5 |   - { path: /users/*, service: usres }
      |                                ^
      did you mean "users"?

gateway.yaml is not valid: 2 errors
`,
    });
  });

  test("uses colours on a terminal alone", async () => {
    const text = VALID.replace("service: users", "service: usres");
    expect((await run({ "gateway.yaml": text })).err).not.toContain("\u001b");
    expect((await run({ "gateway.yaml": text }, [], { isTerminal: true })).err).toContain("\u001b[31merror");
  });

  test("reads variables from the environment that it is given", async () => {
    const text = VALID.replace("http://127.0.0.1:4001", "${USERS_URL}");
    expect((await run({ "gateway.yaml": text })).exitCode).toBe(1);
    expect((await run({ "gateway.yaml": text }, [], { env: { USERS_URL: "http://users" } })).exitCode).toBe(0);
  });

  test("a file that is not there is a problem", async () => {
    expect(await run({})).toEqual({
      exitCode: 1,
      out: "",
      err: "gateway.yaml: error cannot be read: there is no such file\n\ngateway.yaml is not valid: 1 error\n",
    });
  });

  test("a command that is not understood is answered with how it is used", async () => {
    expect(await run({}, ["a", "b"])).toMatchObject({ exitCode: 2, err: expect.stringContaining("usage:") });
    expect(await run({}, ["--nope"])).toMatchObject({ exitCode: 2 });
  });
});

test("what a plugin refuses only when it is set up is reported at its place", async () => {
  const headers = "headers: { request: { set: { connection: close } } }";
  const yaml = VALID.replace("request-id: {}", `request-id: {}, ${headers}, redirect: { to: "//e/:x" }`);
  const { exitCode, err } = await run({ "gateway.yaml": yaml });
  expect(exitCode).toBe(1);
  expect(err).toContain("gateway.yaml:1:98 error plugins.redirect.to: plugin redirect: to");
  expect(err).toContain("gateway.yaml:1:55 error plugins.headers.request.set: plugin headers: request.set: connection");
  expect(err).toContain("is not valid: 2 errors");
});

test("what needs a Redis is valid where one is configured, and nobody asks it", async () => {
  const both = `${VALID.replace("service: users }", "service: users, plugins: { cache: { store: both } } }")}`;
  const without = await run({ "gateway.yaml": both });
  expect(without).toMatchObject({ exitCode: 1, err: expect.stringContaining("needs a Redis") });
  expect(await run({ "gateway.yaml": `redis: { url: "redis://127.0.0.1:1" }\n${both}` })).toMatchObject({
    exitCode: 0,
    err: "",
  });
});
