import { afterEach, beforeEach, expect, test } from "bun:test";
import { renameSync, rmSync, symlinkSync } from "node:fs";
import jwt from "../../../plugins/jwt/index.ts";
import { testPlugin } from "../../../src/testing.ts";
import { type TempFolder, tempFolder } from "../../support/temp.ts";
import { until } from "../../support/until.ts";
import { bearer, CLAIMS, makeToken, rs256, rsaKey } from "./tokens.ts";

const [OLD, NEW] = [rsaKey(), rsaKey()];
const tokenOf = (key: typeof OLD, kid?: string) =>
  bearer(makeToken({ alg: "RS256", ...(kid !== undefined && { kid }) }, CLAIMS, rs256(key.privateKey)));
const CHANGED = "the files of public keys have changed";
const NOT_VALID = "the changed files of public keys are not valid: the keys stay as they were";

let folder: TempFolder;
let close = async () => {};

beforeEach(() => {
  folder = tempFolder();
  folder.write("jwt.pem", OLD.pem);
});
afterEach(async () => {
  await close();
  folder.remove();
});

async function setUp(publicKey: unknown) {
  const t = await testPlugin(jwt, { "public-key": publicKey });
  close = () => t.close();
  const statusOf = async (key: typeof OLD, kid?: string) => (await t.request(tokenOf(key, kid))).reply.status;
  const logged = (message: string) => until(() => t.logs.some((line) => line.message === message), { what: message });
  return { t, statusOf, logged };
}

test("a key that is replaced verifies nothing more, not even what it has verified, and the new one does", async () => {
  const { statusOf, logged } = await setUp(folder.file("jwt.pem"));
  expect([await statusOf(OLD), await statusOf(NEW)]).toEqual([200, 401]);
  renameSync(folder.write("next.pem", NEW.pem), folder.file("jwt.pem"));
  await logged(CHANGED);
  expect([await statusOf(OLD), await statusOf(NEW)]).toEqual([401, 200]);
});

test.each([
  ["half a key", OLD.pem.slice(0, 100)],
  ["a private key", String(NEW.privateKey.export({ format: "pem", type: "pkcs8" }))],
  ["a weak key", rsaKey(1_024).pem],
  ["nothing", ""],
])("while there is %s the old key stays, and the log says so without the key", async (_, text) => {
  const { t, statusOf, logged } = await setUp(folder.file("jwt.pem"));
  folder.write("jwt.pem", text);
  await logged(NOT_VALID);
  expect([await statusOf(OLD), await statusOf(NEW)]).toEqual([200, 401]);
  const line = t.logs.find(({ message }) => message === NOT_VALID);
  expect(String(line?.fields.error)).toContain("public-key: ");
  const lines = text.split("\n").filter((one) => one.length > 30);
  for (const one of lines) expect(Bun.inspect(t.logs)).not.toContain(one);
  folder.write("jwt.pem", NEW.pem);
  await logged(CHANGED);
  expect([await statusOf(OLD), await statusOf(NEW)]).toEqual([401, 200]);
});

test("of several files one that is not valid keeps all as they were", async () => {
  folder.write("other.pem", NEW.pem);
  const files = { a: folder.file("jwt.pem"), b: folder.file("other.pem") };
  const { statusOf, logged } = await setUp(files);
  expect([await statusOf(OLD, "a"), await statusOf(NEW, "b")]).toEqual([200, 200]);
  folder.write("other.pem", "");
  folder.write("jwt.pem", NEW.pem);
  await logged(NOT_VALID);
  expect([await statusOf(OLD, "a"), await statusOf(NEW, "b")]).toEqual([200, 200]);
  folder.write("other.pem", OLD.pem);
  await logged(CHANGED);
  expect([await statusOf(NEW, "a"), await statusOf(OLD, "b"), await statusOf(OLD, "a")]).toEqual([200, 200, 401]);
});

test("a mounted secret changes through its link", async () => {
  folder.write("one/jwt.pem", OLD.pem);
  folder.write("two/jwt.pem", NEW.pem);
  symlinkSync("one", folder.file("..data"));
  rmSync(folder.file("jwt.pem"));
  symlinkSync("..data/jwt.pem", folder.file("jwt.pem"));
  const { statusOf, logged } = await setUp(folder.file("jwt.pem"));
  symlinkSync("two", folder.file("..next"));
  renameSync(folder.file("..next"), folder.file("..data"));
  await logged(CHANGED);
  expect([await statusOf(OLD), await statusOf(NEW)]).toEqual([401, 200]);
});

test("a route with the same key written in place does not follow the file of another", async () => {
  const { t, statusOf, logged } = await setUp(folder.file("jwt.pem"));
  const inPlace = await t.again({ "public-key": OLD.pem });
  folder.write("jwt.pem", NEW.pem);
  await logged(CHANGED);
  expect(await statusOf(OLD)).toBe(401);
  expect((await inPlace.request(tokenOf(OLD))).reply.status).toBe(200);
  await inPlace.close();
});
