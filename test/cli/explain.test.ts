import { describe, expect, test } from "bun:test";
import { explain } from "../../src/cli/explain.ts";
import { tempFolder } from "../support/temp.ts";
import { runCommand } from "./run.ts";

const YAML = `plugins: { request-id: {} }
services:
  users: { targets: ["http://127.0.0.1:4001"] }
routes:
  - { name: users, path: /users/*, methods: [GET], service: users, plugins: { retry: { attempts: 2 } } }
  - { path: /hi, methods: [POST], plugins: { respond: { body: hi } } }
`;

async function run(args: readonly string[], yaml = YAML) {
  using folder = tempFolder();
  folder.write("gateway.yaml", yaml);
  return await runCommand(explain, folder.path, args);
}

describe("gateway explain", () => {
  test("tells people on one screen", async () => {
    const done = await run(["GET", "http://shop.test/users/7?x=1", "-H", "Accept: */*"]);
    expect(done).toEqual({
      exitCode: 0,
      err: "",
      out: `GET http://shop.test/users/7?x=1 from 127.0.0.1
  forwarded, route users (gateway.yaml:5): the service users answers

Routes
  users  takes it  gateway.yaml:5
  1 more have another path

Service
  users (gateway.yaml:3) http://127.0.0.1:4001/users/7?x=1
  tried up to 2 times, within the budget

Plugins, in the order in which they run
  request   request-id                                                  global gateway.yaml:1
                        2 defaults (--all has them)
  forward   retry       passes: tried up to 2 times, within the budget  route gateway.yaml:5
                        = repeatable true
                        attempts: 2                                     gateway.yaml:5
                        6 defaults (--all has them)
  response  request-id

Timeouts
  listen.header 10s, listen.body 30s, listen.keep-alive 65s, connect 3s, pool 1s, response 15s, idle 300s, total 30s
`,
    });
  });

  test("tells programs the same in a shape that stays", async () => {
    const { exitCode, out } = await run(["POST", "/hi", "--json", "-H", "Content-Length: 5"]);
    expect(exitCode).toBe(0);
    const report = JSON.parse(out);
    expect(Object.keys(report).sort()).toEqual(
      "candidates chain outcome plugins reason request route split status timeouts undecided".split(" "),
    );
    expect(report).toMatchObject({ outcome: "answered", route: { name: "POST /hi" }, request: { bodyBytes: 5 } });
  });

  test("says of which plugins only the gateway that runs can tell", async () => {
    using folder = tempFolder();
    folder.write(
      "gateway.yaml",
      `services: { s: { targets: ["http://127.0.0.1:9"] } }
plugins: { request-id: {} }
routes:
  - { path: /a, service: s, plugins: { api-key: {}, rate-limit: { limit: 5, window: 1m } } }
  - { path: /b, service: s }
`,
    );
    const { out } = await runCommand(explain, folder.path, ["GET", "/a"]);
    expect(out).toContain("the service s answers, unless api-key or rate-limit refuses it\n");
    expect(out).toContain("depends: only the gateway that runs can tell whether it refuses");
    expect((await runCommand(explain, folder.path, ["GET", "/b"])).out).toContain("the service s answers\n");
  });

  test.each([
    ["no route: 404", ["GET", "/nothing"], 1, "not-found 404"],
    ["another method: 405", ["PUT", "/users/7"], 1, "method-not-allowed 405"],
  ])("%s is 1, and the nearest routes are told", async (_, args, exitCode, text) => {
    const done = await run(args);
    expect(done.exitCode).toBe(exitCode);
    expect(done.out).toContain(text);
    expect(done.out).toContain("users");
  });

  test.each([
    ["no URL", ["GET"], "say which request"],
    ["a word too many", ["GET", "/", "x"], 'what is "x"?'],
    ["an unknown flag", ["GET", "/", "--nothing"], "there is no flag --nothing"],
    ["a header without a colon", ["GET", "/", "-H", "x"], "expected NAME: VALUE"],
    ["a header that cannot be", ["GET", "/", "-H", "x: a\nb"], "the gateway would refuse it"],
    ["a path that cannot be", ["GET", "/%zz"], "the gateway would refuse it"],
    ["no method", ["G T", "/"], "is no method"],
    ["no address", ["GET", "/", "--from", "here"], "is no address"],
  ])("%s is 2", async (_, args, text) => {
    const done = await run(args);
    expect(done).toMatchObject({ exitCode: 2, out: "", err: expect.stringContaining(text) });
  });

  test("a configuration that is not valid is 1, with its problems", async () => {
    const done = await run(["GET", "/"], YAML.replace("service: users", "service: usres"));
    expect(done).toMatchObject({ exitCode: 1, out: "", err: expect.stringContaining('did you mean "users"?') });
    const late = await run(["GET", "/"], YAML.replace("retry: { attempts: 2 }", "jwt: {}"));
    expect(late).toMatchObject({ exitCode: 1, out: "", err: expect.stringContaining("gateway.yaml:5:") });
  });
});

test("--all tells the defaults of options, too", async () => {
  const { out } = await run(["GET", "/users/7", "--all"]);
  expect(out).toMatch(/replay-bytes: \S+ +default/);
  expect(out).not.toContain("defaults (");
});
