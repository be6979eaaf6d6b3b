import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import apiKey from "../../../plugins/api-key/index.ts";
import { randomSeed } from "../../../src/identity/api-key/key-text.ts";
import { KeyRing } from "../../../src/plugin.ts";
import { testPlugin } from "../../../src/testing.ts";
import { tempFolder } from "../../support/temp.ts";
import { HOLDER, issue, post, withKey } from "./keys.ts";

describe("a key", () => {
  test("lets a request through; the service gets the claims and not the key", async () => {
    const t = await testPlugin(apiKey, { "forward-claims": { owner: "x-customer", tier: "x-tier", key: "x-key-id" } });
    const { id, key } = await issue(t);
    const { reply, ctx } = await t.request({ headers: { "x-api-key": key, x_customer: "root", "X-Tier": "god" } });
    expect(reply.status).toBe(200);
    expect([...ctx.request.headers]).toEqual([
      ["host", "gateway.test"],
      ["x-customer", "shop"],
      ["x-tier", "pro"],
      ["x-key-id", id],
    ]);
    expect(ctx.principal).toEqual({
      id: "shop",
      source: "api-key",
      scopes: ["orders:read"],
      claims: { key: id, owner: "shop", tier: "pro", metadata: {} },
    });
  });

  test("without an owner stands for itself", async () => {
    const t = await testPlugin(apiKey);
    const { id, key } = await issue(t, {});
    expect((await t.request(withKey(key))).ctx.principal?.id).toBe(id);
  });

  test("that is remembered costs no promise", async () => {
    const t = await testPlugin(apiKey);
    const { key } = await issue(t);
    const first = t.phases.authenticate?.(t.context(withKey(key)));
    expect(first).toBeInstanceOf(Promise);
    await first;
    expect(t.phases.authenticate?.(t.context(withKey(key)))).toBeUndefined();
  });

  test("is needed", async () => {
    const t = await testPlugin(apiKey);
    const { reply } = await t.request();
    expect(reply.status).toBe(401);
    expect(reply.headers.get("www-authenticate")).toBe("ApiKey");
  });

  test("that is optional may be left out, but not be wrong; the headers of claims are nobody's else", async () => {
    const t = await testPlugin(apiKey, { optional: true, "forward-claims": { owner: "x-customer" } });
    const { reply, ctx } = await t.request({ headers: { "x-customer": "root", X_Customer: "root" } });
    expect(reply.status).toBe(200);
    expect(ctx.principal).toBeUndefined();
    expect([...ctx.request.headers]).toEqual([["host", "gateway.test"]]);
    expect((await t.request(withKey("nonsense"))).reply.status).toBe(401);
  });

  test("needs the scopes of the route", async () => {
    const t = await testPlugin(apiKey, { scopes: ["orders:read", "orders:write"] });
    const { key } = await issue(t);
    const { reply, outcome } = await t.request(withKey(key));
    expect(reply.status).toBe(403);
    expect(outcome.errorCode).toBe("forbidden");
    const both = await issue(t, { scopes: ["orders:write", "orders:read"] });
    expect((await t.request(withKey(both.key))).reply.status).toBe(200);
  });

  test("expires", async () => {
    const t = await testPlugin(apiKey);
    const { key } = await issue(t, { expiresIn: "1h" });
    t.clock.advance(3_599_999);
    expect((await t.request(withKey(key))).reply.status).toBe(200);
    t.clock.advance(1);
    const { reply } = await t.request(withKey(key));
    expect(await reply.body.json(1_000)).toMatchObject({ status: 401, detail: "The API key has expired" });
  });

  test("that is rotated out holds for the grace, and no longer", async () => {
    const t = await testPlugin(apiKey);
    const { id, key } = await issue(t);
    const { body } = await post(t, `/keys/${id}/rotate`, { grace: "1m" });
    expect(body.id).toBe(id);
    expect(body.key).not.toBe(key);
    expect((await t.request(withKey(key))).reply.status).toBe(200);
    t.clock.advance(60_000);
    expect((await t.request(withKey(key))).reply.status).toBe(401);
    expect((await t.request(withKey(String(body.key)))).reply.status).toBe(200);
  });

  test("that is rotated without grace ends at once, though it was remembered", async () => {
    const t = await testPlugin(apiKey);
    const { id, key } = await issue(t);
    expect((await t.request(withKey(key))).reply.status).toBe(200);
    await post(t, `/keys/${id}/rotate`, { grace: "0s" });
    expect((await t.request(withKey(key))).reply.status).toBe(401);
  });

  test("that is revoked ends at once, and no rotation brings it back", async () => {
    const t = await testPlugin(apiKey);
    const { id, key } = await issue(t);
    expect((await t.request(withKey(key))).reply.status).toBe(200);
    const response = await t.admin.handle(new Request(`http://admin/keys/${id}`, { method: "DELETE" }));
    expect(await response.json()).toEqual({ id, status: "revoked" });
    const { reply } = await t.request(withKey(key));
    expect(await reply.body.json(1_000)).toMatchObject({ status: 401, detail: "The API key was revoked" });
    expect((await post(t, `/keys/${id}/rotate`)).status).toBe(404);
  });
});

describe("the store's word", () => {
  test("is believed for the time that is told, also that there is no such key", async () => {
    const t = await testPlugin(apiKey, { cache: "5s" });
    const { id, key } = await issue(t);
    await t.request(withKey(key));
    const asked = t.phases.authenticate;
    t.clock.advance(4_999);
    expect(asked?.(t.context(withKey(key)))).toBeUndefined();
    t.clock.advance(1);
    expect(asked?.(t.context(withKey(key)))).toBeInstanceOf(Promise);
    const madeUp = key.replace(id, "0123456789abcdef");
    await t.request(withKey(madeUp));
    expect(() => asked?.(t.context(withKey(madeUp)))).toThrow("There is no such API key");
  });

  test("is asked for once by requests that come together", async () => {
    const t = await testPlugin(apiKey);
    const { key } = await issue(t);
    let finds = 0;
    const find = KeyRing.prototype.find;
    KeyRing.prototype.find = function (...args) {
      finds++;
      return find.apply(this, args);
    };
    try {
      const replies = await Promise.all(Array.from({ length: 20 }, () => t.request(withKey(key))));
      expect(replies.map(({ reply }) => reply.status)).toEqual(Array(20).fill(200));
    } finally {
      KeyRing.prototype.find = find;
    }
    expect(finds).toBe(1);
  });
});

describe("workers that are asked with one seed", () => {
  test("make one key, and rotate it once", async () => {
    const t = await testPlugin(apiKey);
    const seed = randomSeed();
    const made = await Promise.all([1, 2, 3].map(() => post(t, "/keys", HOLDER, seed)));
    const keys = new Set(made.map(({ body }) => body.key));
    expect([made.map(({ status }) => status), keys.size]).toEqual([[201, 201, 201], 1]);
    const listed = await t.admin.handle(new Request("http://admin/keys"));
    expect(((await listed.json()) as { keys: unknown[] }).keys).toHaveLength(1);
    const id = String(made[0]?.body.id);
    const other = randomSeed();
    const rotated = await Promise.all([1, 2, 3].map(() => post(t, `/keys/${id}/rotate`, { grace: "1h" }, other)));
    expect(new Set(rotated.map(({ body }) => body.key)).size).toBe(1);
    for (const key of [...keys, rotated[0]?.body.key])
      expect((await t.request(withKey(String(key)))).reply.status).toBe(200);
  });

  test("make none without: each would make another", async () => {
    const t = await testPlugin(apiKey);
    expect((await post(t, "/keys", HOLDER, "")).status).toBe(400);
    expect((await post(t, "/keys", HOLDER, "0")).status).toBe(400);
  });
});

test("uses are counted, and told with the key", async () => {
  const t = await testPlugin(apiKey);
  const { id, key } = await issue(t);
  for (let i = 0; i < 3; i++) await t.request(withKey(key));
  const response = await t.admin.handle(new Request(`http://admin/keys/${id}`));
  expect(await response.json()).toMatchObject({
    id,
    uses: 3,
    lastUsedAt: "2030-01-01T00:00:00.000Z",
    status: "active",
  });
  expect(t.metrics.value("requests_total", { result: "valid" })).toBe(3);
});

test.each([
  ["a line end", { owner: "a\r\nx-admin: 1" }],
  ["a NUL", { tier: "a\0" }],
  ["outer blanks", { metadata: { team: " a" } }],
  ["nothing", { owner: "" }],
  ["too much", { owner: "a".repeat(257) }],
  ["another key", { admin: true }],
  ["a time that is none", { expiresIn: "soon" }],
  ["a scope with a blank", { scopes: ["a b"] }],
])("a key with %s is not issued", async (_, body) => {
  const t = await testPlugin(apiKey);
  const { status, body: answer } = await post(t, "/keys", body);
  expect([status, answer.code]).toEqual([422, "validation_failed"]);
});

test("a time that no calendar has is the last one that can be told, and the list of keys stays readable", async () => {
  const t = await testPlugin(apiKey);
  for (const days of ["100000000d", `${"9".repeat(30)}d`]) {
    const issued = await post(t, "/keys", { expiresIn: days });
    expect([issued.status, issued.body.expiresAt]).toEqual([201, "9999-12-31T23:59:59.000Z"]);
    const rotated = await post(t, `/keys/${issued.body.id}/rotate`, { grace: days });
    expect([rotated.status, rotated.body.previousUntil]).toEqual([200, "9999-12-31T23:59:59.000Z"]);
  }
  expect((await t.admin.handle(new Request("http://admin/keys"))).status).toBe(200);
});

test("keys of the files of all routes are told, and changed nowhere but there", async () => {
  using folder = tempFolder();
  const hash = `sha256:${"0".repeat(64)}`;
  const ids = ["1111111111111111", "2222222222222222"];
  for (const id of ids) folder.write(id, `keys: [{ id: "${id}", hash: "${hash}" }]`);
  const place = { directory: folder.path };
  const none = await testPlugin(apiKey, {}, place);
  const [a, b] = [await none.again({ keys: ids[0] }), await none.again({ keys: ids[1] })];
  const listed = async () => {
    const response = await none.admin.handle(new Request("http://admin/keys"));
    return ((await response.json()) as { keys: { id: string; from: string }[] }).keys.map(({ id }) => id);
  };
  expect(await listed()).toEqual(ids);
  expect((await post(none, `/keys/${ids[0]}/rotate`)).body.detail).toBe("The key is one of the file: change it there");
  await b.close();
  expect(await listed()).toEqual(ids.slice(0, 1));
  await a.close();
});

test("mistakes in the options are told", async () => {
  await expect(testPlugin(apiKey, { query: "k", scheme: "Bearer" })).rejects.toThrow("scheme: say which header");
  await expect(testPlugin(apiKey, { cache: "2h" })).rejects.toThrow("cache: expected at most 1h");
  await expect(testPlugin(apiKey, { header: "te" })).rejects.toThrow("header: te is the gateway's own");
  await expect(testPlugin(apiKey, { "forward-claims": { owner: "x y" } })).rejects.toThrow(
    '"x y" is no name of a header',
  );
  await expect(testPlugin(apiKey, { keys: "./none.yaml" })).rejects.toThrow("there is no such file");
});

test("the file of the page is valid", async () => {
  const page = readFileSync(new URL("../../../docs/plugins/api-key.md", import.meta.url), "utf8");
  using folder = tempFolder();
  folder.write("keys.yaml", /^```yml\n(.*?)^```$/ms.exec(page)?.[1] ?? "");
  const t = await testPlugin(apiKey, { keys: "keys.yaml" }, { directory: folder.path });
  const listed = await t.admin.handle(new Request("http://admin/keys"));
  expect(await listed.json()).toMatchObject({
    keys: [{ id: "3f9a1c5b7d2e8f60", expiresAt: "2030-12-31T00:00:00.000Z" }],
  });
  await t.close();
});

test("a file's problems are told with their places", async () => {
  using folder = tempFolder();
  const hash = `sha256:${"0".repeat(64)}`;
  const id = "3f9a1c5b7d2e8f60";
  folder.write("keys.yaml", `keys:\n  - { id: short, hash: "${hash}", ownr: me }\n`);
  const open = () => testPlugin(apiKey, { keys: "keys.yaml" }, { directory: folder.path });
  await expect(open()).rejects.toThrow(
    /keys\.yaml:2:11 error keys\[0\]\.id: expected a key's id.*\n.*2:\d+ error keys\[0\]\.ownr: unknown key "ownr"\n +did you mean "owner"/,
  );
  folder.write(
    "keys.yaml",
    `keys:\n  - { id: ${id}, hash: "${hash}" }\n  - { id: ${id}, hash: "${hash}", expires: 2030-02-31T99:00Z }\n`,
  );
  await expect(open()).rejects.toThrow(/keys\.yaml:3:11 error keys\[1\]\.id: the id .* is here twice\n.*no such day/);
});
