import { afterEach, describe, expect, spyOn, test } from "bun:test";
import { writeFileSync } from "node:fs";
import basicAuth from "../../../plugins/basic-auth/index.ts";
import { testPlugin } from "../../../src/testing.ts";
import { tempFolder } from "../../support/temp.ts";
import { until } from "../../support/until.ts";

const ADA = await Bun.password.hash("correct horse", { algorithm: "bcrypt", cost: 4 });
const ZOE = await Bun.password.hash("pässwörd: 😀", { algorithm: "argon2id", memoryCost: 8, timeCost: 1 });

const original = Bun.password.verify;
const verify = spyOn(Bun.password, "verify");
afterEach(() => verify.mockClear());

const basic = (pair: string) => ({ headers: { authorization: `Basic ${Buffer.from(pair).toString("base64")}` } });
const open = (more: Readonly<Record<string, unknown>> = {}) =>
  testPlugin(basicAuth, { users: { ada: ADA, zoë: ZOE }, ...more });

describe("a password", () => {
  test("lets its user through; the service does not get it", async () => {
    const t = await open();
    const { reply, ctx } = await t.request(basic("ada:correct horse"));
    expect(reply.status).toBe(200);
    expect(ctx.principal).toEqual({ id: "ada", source: "basic-auth", scopes: [], claims: {} });
    expect(ctx.request.headers.has("authorization")).toBe(false);
  });

  test("is UTF-8, and may have colons", async () => {
    const t = await open();
    expect((await t.request(basic("zoë:pässwörd: 😀"))).ctx.principal?.id).toBe("zoë");
  });

  test.each([
    ["a wrong one", "ada:wrong"],
    ["an empty one", "ada:"],
    ["somebody else's", "zoë:correct horse"],
    ["another case", "ada:Correct horse"],
    ["more of it", "ada:correct horse "],
    ["a name that nobody has", "eve:correct horse"],
    ["a name that nobody has, with the password of another", "eve:pässwörd: 😀"],
    ["no name", ":correct horse"],
    ["a name of all objects", "constructor:correct horse"],
    ["a hash for a password", `ada:${ADA}`],
  ])("%s is refused", async (_, pair) => {
    const t = await open({ realm: "Shop" });
    const { reply, ctx } = await t.request(basic(pair));
    expect(reply.status).toBe(401);
    expect(reply.headers.get("www-authenticate")).toBe('Basic realm="Shop", charset="UTF-8"');
    expect(ctx.principal).toBeUndefined();
    expect(verify).toHaveBeenCalledTimes(1);
  });

  test.each([
    ["no base64", "Basic a b"],
    ["base64 of other bits", "Basic YWRhOg="],
    ["no colon", `Basic ${btoa("ada")}`],
    ["no UTF-8", `Basic ${btoa("ada:\xff")}`],
    ["a line end", `Basic ${btoa("ada:x\r\nx: y")}`],
    ["a megabyte", `Basic ${btoa(`ada:${"x".repeat(1_048_576)}`)}`],
    ["nothing", "Basic "],
  ])("%s is malformed, and costs nothing", async (_, authorization) => {
    const t = await open();
    const { reply } = await t.request({ headers: { authorization: authorization.trim() } });
    expect(reply.status).toBe(401);
    expect(verify).not.toHaveBeenCalled();
  });

  test("in two headers is malformed", async () => {
    const t = await open();
    const { authorization } = basic("ada:correct horse").headers;
    const twice = {
      headers: [
        ["authorization", authorization],
        ["authorization", "Bearer x"],
      ] as const,
    };
    expect((await t.request(twice)).reply.status).toBe(400);
  });

  test("is needed unless it is optional; another scheme is somebody else's", async () => {
    const t = await open();
    expect((await t.request()).reply.status).toBe(401);
    expect((await t.request({ headers: { authorization: "Bearer x" } })).reply.status).toBe(401);
    const optional = await open({ optional: true });
    const { reply, ctx } = await optional.request({ headers: { authorization: "Bearer x" } });
    expect([reply.status, ctx.principal, ctx.request.headers.get("authorization")]).toEqual([
      200,
      undefined,
      "Bearer x",
    ]);
    expect((await optional.request(basic("ada:wrong"))).reply.status).toBe(401);
  });

  test("is passed on where that is wanted", async () => {
    const t = await open({ "forward-credentials": true });
    const request = basic("ada:correct horse");
    expect((await t.request(request)).ctx.request.headers.get("authorization")).toBe(request.headers.authorization);
  });
});

describe("what was verified", () => {
  test("is remembered for the time that is told, and then costs no promise", async () => {
    const t = await open({ cache: "1m" });
    await t.request(basic("ada:correct horse"));
    t.clock.advance(59_999);
    expect(t.phases.authenticate?.(t.context(basic("ada:correct horse")))).toBeUndefined();
    expect(verify).toHaveBeenCalledTimes(1);
    t.clock.advance(1);
    await t.request(basic("ada:correct horse"));
    expect(verify).toHaveBeenCalledTimes(2);
  });

  test("is told apart by name and password, wherever the one ends", async () => {
    const t = await testPlugin(basicAuth, { users: { a: ADA, ab: ADA } });
    expect((await t.request(basic("a:correct horse"))).reply.status).toBe(200);
    expect((await t.request(basic("ab:correct hors"))).reply.status).toBe(401);
    expect((await t.request(basic("ab:correct horse"))).reply.status).toBe(200);
    expect(verify).toHaveBeenCalledTimes(3);
  });

  test("is remembered of wrong ones for 10 s", async () => {
    const t = await open();
    for (let i = 0; i < 5; i++) expect((await t.request(basic("ada:wrong"))).reply.status).toBe(401);
    expect(verify).toHaveBeenCalledTimes(1);
    t.clock.advance(10_000);
    await t.request(basic("ada:wrong"));
    expect(verify).toHaveBeenCalledTimes(2);
  });

  test("is not remembered at all with cache: 0s", async () => {
    const t = await open({ cache: "0s" });
    for (let i = 0; i < 2; i++) expect((await t.request(basic("ada:correct horse"))).reply.status).toBe(200);
    expect(verify).toHaveBeenCalledTimes(2);
  });

  test("is verified once for requests that come together", async () => {
    const t = await open();
    const all = await Promise.all(Array.from({ length: 20 }, () => t.request(basic("ada:correct horse"))));
    expect(all.map(({ reply }) => reply.status)).toEqual(Array(20).fill(200));
    expect(verify).toHaveBeenCalledTimes(1);
  });
});

test("a flood of wrong passwords is bounded: two at a time, 32 wait, the others get 503; who is remembered is let in", async () => {
  const t = await open();
  await t.request(basic("ada:correct horse"));
  let most = 0;
  let running = 0;
  const held = Promise.withResolvers<void>();
  verify.mockImplementation(async () => {
    most = Math.max(most, ++running);
    await held.promise;
    running--;
    return false;
  });
  const flood = Array.from({ length: 100 }, (_, i) => t.request(basic(`${i % 2 === 0 ? "ada" : "eve"}:${i}`)));
  await until(() => running === 2);
  expect((await t.request(basic("ada:correct horse"))).reply.status).toBe(200);
  held.resolve();
  const statuses = (await Promise.all(flood)).map(({ reply }) => reply.status);
  verify.mockImplementation(original);
  expect(most).toBe(2);
  expect(statuses.filter((status) => status === 401)).toHaveLength(34);
  expect(statuses.filter((status) => status === 503)).toHaveLength(66);
});

test("a name that nobody has is verified as slowly as any", async () => {
  const t = await open();
  await t.request(basic("eve:x"));
  expect(verify.mock.calls).toEqual([["x", ZOE]]);
});

test("a hash that is malformed inside lets nobody in, and fails no request", async () => {
  const t = await testPlugin(basicAuth, {
    users: { ada: "$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAAAA$AAAAAAAAAAAAAAAAA" },
  });
  const { reply, logs } = await t.request(basic("ada:x"));
  expect(reply.status).toBe(401);
  expect(logs).toMatchObject([{ level: "error", message: "a password cannot be verified: its hash is malformed" }]);
});

describe("a file of users", () => {
  test("is read again when it changes; a user who is gone or has another password is out at once", async () => {
    using folder = tempFolder();
    const file = folder.write("users", `# all\n\nada:${ADA}\r\nbob:${ADA}\n`);
    const t = await testPlugin(basicAuth, { "users-file": "users", users: { zoë: ZOE } }, { directory: folder.path });
    const status = async (pair: string) => (await t.request(basic(pair))).reply.status;
    for (const name of ["ada", "bob"]) expect(await status(`${name}:correct horse`)).toBe(200);
    const other = await Bun.password.hash("other", { algorithm: "bcrypt", cost: 4 });
    writeFileSync(file, `bob:${other}\n`);
    await until(async () => (await status("ada:correct horse")) === 401);
    expect(await status("bob:correct horse")).toBe(401);
    expect(await status("bob:other")).toBe(200);
    expect(await status("zoë:pässwörd: 😀")).toBe(200);
    writeFileSync(file, "carl:secret\n");
    await until(() => t.logs.find(({ level }) => level === "error"));
    expect(JSON.stringify(t.logs)).not.toContain("secret");
    expect(await status("bob:other")).toBe(200);
    await t.close();
  });

  test("is refused with every fault at its line, and without what may be a password", async () => {
    using folder = tempFolder();
    folder.write(
      "users",
      `ada:${ADA}\nplain:secret1\nada:${ADA}\nnobody\nold:$apr1$abc$secret2\nslow:${ADA.replace("$04$", "$31$")}\n`,
    );
    const error = await testPlugin(basicAuth, { "users-file": "users" }, { directory: folder.path }).catch(String);
    expect(error).toContain("users:2:7 error expected a bcrypt");
    expect(error).toContain("users:3:5 error this name is here twice");
    expect(error).toContain("users:4:1 error expected NAME:HASH");
    expect(error).toContain("users:5:5 error expected a bcrypt");
    expect(error).toContain("users:6:6 error a bcrypt cost of 4 to 14");
    expect(error).not.toContain("secret");
  });
});

test("mistakes in the options are told, without what may be a password", async () => {
  const error = await testPlugin(basicAuth, { users: { ada: "hunter2" } }).catch(String);
  expect(error).toContain("users.ada: expected a bcrypt");
  expect(error).not.toContain("hunter2");
  await expect(testPlugin(basicAuth)).rejects.toThrow("there are no users");
  await expect(open({ realm: 'a"b' })).rejects.toThrow("realm: expected printable text without quotes");
  await expect(testPlugin(basicAuth, { users: { "a:b": ADA } })).rejects.toThrow("a name has no colon");
  const huge = "$argon2id$v=19$m=9999999,t=3,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA";
  await expect(testPlugin(basicAuth, { users: { ada: huge } })).rejects.toThrow("at most m=262144");
});
