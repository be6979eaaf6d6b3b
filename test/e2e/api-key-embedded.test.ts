import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { statusOf } from "../support/ask.ts";
import { startGateway } from "../support/gateway.ts";
import { freePort } from "../support/ports.ts";
import { runCli } from "../support/run-cli.ts";
import { tempFolder } from "../support/temp.ts";
import { until } from "../support/until.ts";

const ROUTES = `routes: [{ path: /, plugins: { api-key: { keys: ./keys.yaml }, respond: { json: ok } } }]\n`;

test("keys of the embedded store are changed through the admin port, with its token", async () => {
  using folder = tempFolder();
  folder.write("keys.yaml", "keys: []\n");
  const text = `admin: { port: ${freePort()}, token: sesame }\n${ROUTES}`;
  await using gateway = await startGateway(text, { folder: folder.path });
  const status = (key: string) => statusOf(gateway.port, "/", { "x-api-key": key });

  const issued = await runCli(
    folder.path,
    "key",
    "issue",
    "--owner",
    "shop",
    "--scopes=a,b",
    "--tier",
    "pro",
    "--metadata",
    "team=web=1",
    "--expires-in",
    "90d",
  );
  expect(issued.code).toBe(0);
  expect(issued.err).toContain("gone when the gateway stops");
  const [, key = "", id = ""] = /key +(slk_([0-9a-f]{16})_\S{43})\n/.exec(issued.out) ?? [];
  expect(await status(key)).toBe(200);
  const listed = await runCli(folder.path, "key", "list", "--json");
  expect(JSON.parse(listed.out)).toMatchObject([
    { id, owner: "shop", scopes: ["a", "b"], tier: "pro", metadata: { team: "web=1" }, status: "active", uses: 1 },
  ]);
  expect((await runCli(folder.path, "key", "list")).out).toMatch(
    new RegExp(`^id .*\n${id}  active  shop   pro   a,b     \\d{4}-`),
  );
  const rotated = await runCli(folder.path, "key", "rotate", id);
  expect(rotated.out).toContain("The key before holds until");
  expect(await status(key)).toBe(200);
  expect((await runCli(folder.path, "key", "revoke", id)).code).toBe(0);
  expect(await status(key)).toBe(401);

  const bare = await fetch(`http://127.0.0.1:${gateway.adminPort}/api/keys`);
  expect(bare.status).toBe(401);
  const missing = await runCli(folder.path, "key", "revoke", "0123456789abcdef");
  expect([missing.code, missing.err]).toEqual([1, "the gateway answers 404: There is no such key\n"]);
  await gateway.stop();
  const away = await runCli(folder.path, "key", "list");
  expect([away.code, away.err]).toEqual([1, expect.stringContaining("does not answer at its admin port")]);
}, 60_000);

test("a file of keys is read again when it changes; what is wrong in it is logged with its place, and changes nothing", async () => {
  using folder = tempFolder();
  const made = await runCli(
    folder.path,
    "key",
    "issue",
    "--for-file",
    "--owner",
    'a "b"',
    "--scopes",
    "x",
    "--expires-in",
    "1d",
  );
  expect(made.code).toBe(0);
  const [, key = ""] = /^key {2}(\S+)$/m.exec(made.err) ?? [];
  expect(made.out).not.toContain("slk_");
  const file = folder.write("keys.yaml", "keys: []\n");
  await using gateway = await startGateway(ROUTES, { folder: folder.path });
  const status = () => statusOf(gateway.port, "/", { "x-api-key": key });
  expect(await status()).toBe(401);
  writeFileSync(file, `keys:\n${made.out}`);
  await until(async () => (await status()) === 200);

  writeFileSync(file, `keys:\n${made.out}\n  - { id: x }\n`);
  const line = await gateway.waitForLog(({ level }) => level === "error");
  expect(JSON.stringify(line)).toContain("keys.yaml:");
  expect(JSON.stringify(line)).toContain("keys[1].id: expected a key's id");
  expect(await status()).toBe(200);
  writeFileSync(join(folder.path, "keys.yaml"), "keys: []\n");
  await until(async () => (await status()) === 401);
}, 60_000);

test.each([
  [[], "say what to do"],
  [["nothing"], "there is no command key nothing"],
  [["list", "--owner", "a"], "key list has no flag --owner"],
  [["issue", "--nope"], "there is no flag --nope"],
  [["issue", "--owner"], "--owner needs a value"],
  [["issue", "--expires-in", "soon"], "--expires-in: expected a duration"],
  [["issue", "--scopes", "a b"], "--scopes[0]: expected a scope without blanks"],
  [["issue", "--metadata", "x"], "expected NAME=VALUE"],
  [["rotate"], "give the key's id"],
  [["revoke", "slk_x"], "give the key's id"],
  [["rotate", "0123456789abcdef", "--grace", "x"], "--grace: expected a duration"],
  [["list", "x"], 'key list takes no word "x"'],
])("key %j is not understood", async (args, message) => {
  using folder = tempFolder();
  const { code, err, out } = await runCli(folder.path, "key", ...args);
  expect([code, out]).toEqual([2, ""]);
  expect(err).toContain(message);
  expect(err).toContain("usage: bun run gateway key");
});
