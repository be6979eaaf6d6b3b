import { describe, expect, test } from "bun:test";
import { openapi } from "../../src/cli/openapi.ts";
import { documentOf, startDocumented } from "../support/documented.ts";
import { startGateway } from "../support/gateway.ts";
import { publishing, untilStates } from "../support/published.ts";
import { type TempFolder, tempFolder } from "../support/temp.ts";
import { runCommand } from "./run.ts";

const run = (folder: TempFolder, ...args: readonly string[]) => runCommand(openapi, folder.path, args);

describe("gateway openapi", () => {
  test.each([
    [[], "a command is missing"],
    [["merg"], 'there is no command "merg"'],
    [["merge", "x"], '"x" is not understood'],
    [["merge", "-o"], "--output needs a value"],
    [["merge", "--pretty"], "there is no flag --pretty"],
    [["report", "x"], '"x" is not understood'],
    [["diff", "a.json"], "diff needs two files"],
  ])("does not understand %p", async (args, fault) => {
    using folder = tempFolder();
    const { exitCode, err } = await run(folder, ...args);
    expect(exitCode).toBe(2);
    expect(err).toStartWith(`${fault}\n\nusage: `);
  });

  test("merge and report tell what is wrong with the configuration", async () => {
    using folder = tempFolder();
    folder.write("gateway.yaml", "openapi: { refresh: 1 }\n");
    for (const command of ["merge", "report"]) {
      const { exitCode, err } = await run(folder, command);
      expect(exitCode).toBe(1);
      expect(err).toContain("gateway.yaml:1:21 error openapi.refresh: expected a duration");
    }
  });
});

describe("gateway openapi merge", () => {
  test("asks no Redis, where plugins need one", async () => {
    await using users = startDocumented("users");
    using folder = tempFolder();
    const yaml = publishing({ users: users.url }, "title: Shop");
    const cached = "plugins: { cache: { store: redis } }";
    folder.write("gateway.yaml", `redis: { url: "redis://127.0.0.1:1" }\n${cached}\n${yaml}`);
    expect(await run(folder, "merge")).toMatchObject({ exitCode: 0, err: "" });
    folder.write("gateway.yaml", `${cached}\n${yaml}`);
    expect(await run(folder, "merge")).toMatchObject({ exitCode: 1, err: expect.stringContaining("needs a Redis") });
  });

  test("writes the document of all services, with and without a section, in either form", async () => {
    await using users = startDocumented("users");
    using folder = tempFolder();
    const yaml = publishing({ users: users.url }, "title: Shop, documents: { none: { tags: [x] } }");
    folder.write("gateway.yaml", yaml);
    folder.write("bare.yaml", yaml.replace(/^openapi:.*$/m, ""));
    const { exitCode, out, err } = await run(folder, "merge");
    expect([exitCode, err]).toEqual([0, ""]);
    const document = JSON.parse(out);
    expect([document.info.title, Object.keys(document.paths)]).toEqual(["Shop", ["/api/users"]]);

    expect((await run(folder, "merge", "-o", "out.yaml")).out).toBe("");
    expect(Bun.YAML.parse(await Bun.file(folder.file("out.yaml")).text())).toEqual(document);
    const bare = await run(folder, "merge", "--config", "bare.yaml", "--output=out.json");
    expect(bare.exitCode).toBe(0);
    expect((await Bun.file(folder.file("out.json")).json()).paths).toEqual(document.paths);

    expect(JSON.parse((await run(folder, "merge", "--document", "none")).out).paths).toEqual({});
    expect((await run(folder, "merge", "--document", "other")).err).toStartWith('openapi.documents has no "other"');
    const unwritten = await run(folder, "merge", "-o", "nowhere/out.json");
    expect([unwritten.exitCode, unwritten.err]).toEqual([
      1,
      "nowhere/out.json cannot be written: there is no such file\n",
    ]);
  });

  test("writes what there is, tells the rest, and fails where a document could not be had", async () => {
    await using users = startDocumented("users");
    await using gone = startDocumented("orders", { answer: () => new Response("no", { status: 404 }) });
    using folder = tempFolder();
    folder.write("gateway.yaml", publishing({ users: users.url, orders: gone.url }));
    const { exitCode, out, err } = await run(folder, "merge");
    expect(exitCode).toBe(1);
    expect(Object.keys(JSON.parse(out).paths)).toEqual(["/api/orders/{path}", "/api/users"]);
    expect(err).toBe(
      "route-without-document orders: /api/orders/{path} is documented by its route alone\n" +
        "the document of orders cannot be had: the answer has the status 404\n",
    );
  });
});

describe("gateway openapi report", () => {
  test("tells what the gateway publishes, and how each service is doing", async () => {
    await using users = startDocumented("users");
    await using gone = startDocumented("orders", { answer: () => new Response("no", { status: 404 }) });
    const yaml = publishing({ users: users.url, orders: gone.url });
    await using gateway = await startGateway(yaml);
    await untilStates(gateway, { users: "fresh", orders: "missing" });
    using folder = tempFolder();
    folder.write("gateway.yaml", `admin: { port: ${gateway.adminPort} }\n${yaml}`);
    const { exitCode, out } = await run(folder, "report");
    expect(exitCode).toBe(0);
    expect(out.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "T").replace(/\d+ bytes/, "N bytes")).toBe(`documents, merged T
  /openapi.json  2 paths, N bytes
services
  users  fresh, /openapi.json, OpenAPI 3.0.3, of T, 1 operation
  orders  missing, /openapi.json, 5 operations, the answer has the status 404 (T)
what did not come into the document as it was
  route-without-document orders: /api/orders/{path} is documented by its route alone
`);
    const json = await run(folder, "report", "--json");
    expect(JSON.parse(json.out).services).toHaveLength(2);
  });

  test("says that nobody answers, or that nothing is published", async () => {
    const bare = "routes: [{ path: /, plugins: { respond: { json: {} } } }]\n";
    using folder = tempFolder();
    const gateway = await startGateway(bare);
    folder.write("gateway.yaml", `admin: { port: ${gateway.adminPort} }\n${bare}`);
    const none = await run(folder, "report");
    expect([none.exitCode, none.err]).toEqual([
      1,
      "the gateway answers 404: The configuration has no openapi section: nothing is published\n",
    ]);
    await gateway.stop();
    const gone = await run(folder, "report");
    expect([gone.exitCode, gone.err]).toEqual([1, expect.stringContaining("does not answer at its admin port")]);
  });
});

describe("gateway openapi diff", () => {
  test("has breaking changes first, and fails because of them alone", async () => {
    using folder = tempFolder();
    folder.write("old.json", JSON.stringify(documentOf("users")));
    folder.write(
      "new.yaml",
      "openapi: 3.1.0\ninfo: { title: a, version: '2' }\npaths: { /more: { get: { responses: {} } } }\n",
    );
    folder.write(
      "more.json",
      JSON.stringify({
        ...documentOf("users"),
        paths: { ...(documentOf("users").paths as object), "/more": { get: {} } },
      }),
    );
    const broken = await run(folder, "diff", "old.json", "new.yaml");
    expect(broken).toEqual({
      exitCode: 1,
      err: "",
      out: "1 breaking change\n  GET /users: the operation is no more\n\n1 other change\n  GET /more: the operation is new\n",
    });
    expect(await run(folder, "diff", "old.json", "more.json")).toEqual({
      exitCode: 0,
      err: "",
      out: "1 other change\n  GET /more: the operation is new\n",
    });
    expect((await run(folder, "diff", "old.json", "old.json")).out).toBe("nothing has changed for clients\n");
  });

  test("tells of each file that is none", async () => {
    using folder = tempFolder();
    folder.write("page.html", "<p>");
    expect(await run(folder, "diff", "page.html", "missing.json")).toEqual({
      exitCode: 1,
      err: "page.html: it is a page, neither JSON nor YAML\nmissing.json: there is no such file\n",
      out: "",
    });
  });
});
