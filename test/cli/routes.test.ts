import { describe, expect, test } from "bun:test";
import { routes } from "../../src/cli/routes.ts";
import { tempFolder } from "../support/temp.ts";
import { runCommand } from "./run.ts";

const TEXT = `include: [more.yaml]
plugins: { request-id: {} }
services:
  users: { targets: ["http://127.0.0.1:4001"], plugins: { retry: {} } }
  next: { targets: ["http://127.0.0.1:4002"] }
routes:
  - { path: /users/*, methods: [GET, POST], service: users }
  - name: beta
    path: /users/*
    host: api.example.com
    headers: { x-beta: "1" }
    query: { v: "2" }
    weighted: [{ service: users, weight: 9 }, { service: next, weight: 1 }]
    plugins: { request-id: false }
`;
const MORE = "routes: [{ path: /hello, plugins: { respond: { body: hello } } }]\n";

async function run(text: string, args: readonly string[] = []) {
  using folder = tempFolder();
  folder.write("gateway.yaml", text);
  folder.write("more.yaml", MORE);
  return await runCommand(routes, folder.path, args);
}

describe("gateway routes", () => {
  test("prints each route with what it takes, where it goes, and the plugins that it has in the end", async () => {
    expect(await run(TEXT)).toEqual({
      exitCode: 0,
      err: "",
      out: `METHODS   PATH                                    TO                 PLUGINS              WRITTEN
GET,POST  /users/*                                users              request-id, retry    gateway.yaml:7
any       api.example.com/users/* x-beta: 1 ?v=2  users ×9, next ×1  retry                gateway.yaml:8
any       /hello                                  -                  request-id, respond  more.yaml:1
`,
    });
  });

  test("prints the same as JSON", async () => {
    const { exitCode, out } = await run(TEXT, ["--json"]);
    expect(exitCode).toBe(0);
    expect(JSON.parse(out).routes[1]).toEqual({
      name: "beta",
      methods: [],
      host: "api.example.com",
      path: "/users/*",
      headers: { "x-beta": "1" },
      query: { v: "2" },
      services: [
        { name: "users", weight: 9 },
        { name: "next", weight: 1 },
      ],
      plugins: ["retry"],
      place: "gateway.yaml:8",
    });
  });

  test("says so where there are none", async () => {
    expect(await run("services: {}\n")).toMatchObject({ exitCode: 0, out: "there are no routes\n" });
  });

  test("prints every problem of a configuration that is not valid", async () => {
    const { exitCode, out, err } = await run(TEXT.replace("service: users }", "service: usres }"));
    expect({ exitCode, out }).toEqual({ exitCode: 1, out: "" });
    expect(err).toContain('did you mean "users"?');
    expect(err).toEndWith("gateway.yaml is not valid: 1 error\n");
  });

  test("prints what a plugin refuses when it is set up", async () => {
    const { exitCode, err } = await run("routes: [{ path: /, plugins: { jwt: { jwks: 'https://a b' } } }]\n");
    expect(exitCode).toBe(1);
    expect(err).toContain("gateway.yaml:1:");
  });

  test.each([[["x"]], [["--nothing"]], [["--config", "a", "--config", "b"]], [["--config"]]])(
    "does not understand %p",
    async (args) => {
      const { exitCode, err } = await run(TEXT, args);
      expect(exitCode).toBe(2);
      expect(err).toContain("usage: bun run gateway routes");
    },
  );
});
