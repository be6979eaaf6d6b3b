import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { execPath } from "node:process";
import { pathToFileURL } from "node:url";
import { createRegistry } from "../../src/registry/registry.ts";
import { testPlugin } from "../../src/testing.ts";
import { testDocument } from "../support/document.ts";
import { tempFolder } from "../support/temp.ts";

const PROJECT = join(import.meta.dir, "../..");
const guide = readFileSync(join(PROJECT, "docs/plugins.md"), "utf8");

/** The files that docs/plugins.md shows, each with its name in the first line; imports of the gateway made absolute. */
const files = [...guide.matchAll(/^```ts\n\/\/ (\S+)\n(.*?)^```$/gms)].map(([, name = "", text = ""]) => {
  const src = pathToFileURL(join(PROJECT, "src")).href;
  return { name, text: text.replaceAll(/"(?:\.\.\/)+src\//g, `"${src}/`) };
});

test("every plugin that the guide shows can be used", async () => {
  const plugins = files.filter(({ name }) => name.startsWith("plugins/"));
  const others = [
    "plugins/uploads.ts",
    "plugins/fair-use.ts",
    "plugins/ticket.ts",
    "plugins/fallback.ts",
    "plugins/paid-only.ts",
  ];
  expect(plugins.map(({ name }) => name)).toEqual([...Array(3).fill("plugins/allowance.ts"), ...others]);
  const registry = await createRegistry(join(PROJECT, "plugins"));
  for (const { name, text } of plugins) {
    using folder = tempFolder();
    const expected = name.replace(/^.*\/|\.ts$/g, "");
    expect(await registry.find(folder.write("plugin.ts", text), "/")).toMatchObject({ name: expected });
  }
});

test("the guide's test passes with its last plugin, and fails without the first", () => {
  const [empty, , last] = files;
  const [written] = files.slice(-1);
  expect(run(last?.text ?? "", written?.text ?? "")).toBe(0);
  expect(run(empty?.text ?? "", written?.text ?? "")).toBe(1);
});

test("the guide's ticket is asked for once, and fails closed", async () => {
  using folder = tempFolder();
  const file = folder.write("plugins/ticket.ts", files.find(({ name }) => name === "plugins/ticket.ts")?.text ?? "");
  const { default: ticket } = await import(file);
  let asked = 0;
  await using service = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch({ headers }) {
      asked++;
      const text = headers.get("authorization");
      return text === "Bearer good"
        ? new Response("ada")
        : new Response("", { status: text === "Bearer odd" ? 500 : 404 });
    },
  });
  const t = await testPlugin(ticket, { url: `http://127.0.0.1:${service.port}/` });
  const statuses: number[] = [];
  for (const one of ["good", "good", "bad", "bad", "odd"]) {
    statuses.push((await t.request({ headers: { authorization: `Bearer ${one}` } })).reply.status);
  }
  statuses.push((await t.request()).reply.status);
  expect([statuses, asked]).toEqual([[200, 200, 401, 401, 503, 401], 3]);
});

test("the guide's description of a plugin is what the plugin does, and what the document says", async () => {
  using folder = tempFolder();
  const text = files.find(({ name }) => name === "plugins/paid-only.ts")?.text ?? "";
  const { default: paidOnly } = await import(folder.write("plugins/paid-only.ts", text));
  const t = await testPlugin(paidOnly, {});
  const { reply } = await t.request();
  const told = { status: reply.status, challenge: reply.headers.has("www-authenticate") };
  expect(told).toEqual({ status: 401, challenge: true });
  const { operation, problems } = await testDocument(`
services: { users: { targets: ["http://127.0.0.1:1"] } }
routes: [{ path: /users, service: users, plugins: { jwt: { jwks: "https://id.example.com/", optional: true }, "${folder.file("plugins/paid-only.ts")}": {} } }]`);
  expect(await problems()).toBeUndefined();
  const { security, responses, ...rest } = operation("/users", "GET");
  expect(security).toEqual([{ jwt: [] }]);
  expect(Object.keys(responses)).toEqual(expect.arrayContaining(["401", "403"]));
  expect(rest).toMatchObject({
    "x-plan": "paid",
    description: expect.stringContaining("Needs a plan that is paid for."),
  });
});

/** Exit code of `bun test` for this plugin and this test. */
function run(plugin: string, text: string): number {
  using folder = tempFolder();
  folder.write("plugins/allowance.ts", plugin);
  folder.write("test/plugins/allowance.test.ts", text);
  const { exitCode } = Bun.spawnSync([execPath, "test"], { cwd: folder.path, stdout: "ignore", stderr: "ignore" });
  return exitCode;
}
