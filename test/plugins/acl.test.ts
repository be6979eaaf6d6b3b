import { describe, expect, test } from "bun:test";
import acl from "../../plugins/acl.ts";
import type { Principal } from "../../src/plugin.ts";
import { testPlugin } from "../../src/testing.ts";

const ADA: Principal = {
  id: "ada",
  source: "jwt",
  scopes: ["orders:read", "orders:write"],
  claims: { roles: ["admin", "staff"], tier: "pro", level: 1, teams: ["web", "ops"], realm_access: { roles: "a b" } },
};

async function statusOf(options: Readonly<Record<string, unknown>>, principal: Principal | undefined = ADA) {
  const t = await testPlugin(acl, options);
  const { reply, outcome } = await t.request(principal === undefined ? {} : { principal });
  if (reply.status !== 200) expect(outcome.attempts).toBe(0);
  return reply.status;
}

test("without a principal a request is refused with 401, whatever the rules", async () => {
  const t = await testPlugin(acl, { deny: { principals: ["eve"] } });
  const { reply, outcome } = await t.request();
  expect(reply.status).toBe(401);
  expect(reply.headers.get("www-authenticate")).toBe("Bearer");
  expect(outcome.errorCode).toBe("unauthenticated");
  expect(await statusOf({})).toBe(200);
});

describe("allow", () => {
  test.each([
    [{ principals: ["ada", "bob"] }, 200],
    [{ principals: ["Ada"] }, 403],
    [{ sources: ["api-key", "jwt"] }, 200],
    [{ sources: ["api-key"] }, 403],
    [{ scopes: { all: ["orders:read", "orders:write"] } }, 200],
    [{ scopes: { all: ["orders:read", "orders:delete"] } }, 403],
    [{ scopes: { any: ["orders:read", "orders:delete"] } }, 200],
    [{ scopes: { any: ["orders"] } }, 403],
    [{ scopes: { any: ["orders:read"], all: ["users:read"] } }, 403],
    [{ roles: { any: ["admin"] } }, 200],
    [{ roles: { all: ["admin", "root"] } }, 403],
    [{ claims: { tier: "pro" } }, 200],
    [{ claims: { tier: ["free", "pro"] } }, 200],
    [{ claims: { tier: "free" } }, 403],
    [{ claims: { tier: "pro", level: 2 } }, 403],
    [{ claims: { level: 1 } }, 200],
    [{ claims: { level: "1" } }, 403],
    [{ claims: { teams: "ops" } }, 200],
    [{ claims: { nobody: "x" } }, 403],
    [{ claims: { constructor: "x" } }, 403],
    [{ principals: ["ada"], claims: { tier: "free" } }, 403],
    [{ principals: ["ada"], claims: { tier: "free" }, match: "any" }, 200],
    [{ principals: ["bob"], claims: { tier: "free", level: 1 }, match: "any" }, 200],
    [{ principals: ["bob"], claims: { tier: "free" }, match: "any" }, 403],
  ])("%j is %d", async (allow, status) => {
    expect(await statusOf({ allow })).toBe(status);
  });

  test("finds roles where they are said to be", async () => {
    expect(await statusOf({ allow: { roles: { all: ["a", "b"] } }, "roles-claim": "realm_access.roles" })).toBe(200);
    expect(await statusOf({ allow: { roles: { all: ["admin"] } }, "roles-claim": "realm_access.roles" })).toBe(403);
  });
});

describe("deny", () => {
  test.each([
    [{ principals: ["ada"] }, 403],
    [{ principals: ["eve"] }, 200],
    [{ principals: ["eve"], roles: { any: ["admin"] } }, 403],
    [{ principals: ["eve"], roles: { any: ["admin"] }, match: "all" }, 200],
    [{ claims: { tier: "free", level: 1 } }, 403],
    [{ claims: { tier: "free", level: 1 }, match: "all" }, 200],
  ])("%j is %d", async (deny, status) => {
    expect(await statusOf({ deny })).toBe(status);
  });

  test("goes before allow", async () => {
    expect(await statusOf({ allow: { principals: ["ada"] }, deny: { scopes: { any: ["orders:write"] } } })).toBe(403);
  });
});

test("the reply says nothing of the rules", async () => {
  const t = await testPlugin(acl, { allow: { principals: ["bob"] } });
  const { reply } = await t.request({ principal: ADA });
  expect(await reply.body.text(1_000)).not.toContain("bob");
});

test("mistakes are told", async () => {
  await expect(testPlugin(acl, { allow: {} })).rejects.toThrow("allow: say whom");
  await expect(testPlugin(acl, { allow: { scopes: ["a"] } })).rejects.toThrow("allow.scopes: expected a map");
  await expect(testPlugin(acl, { allow: { scopes: {} } })).rejects.toThrow("allow.scopes: expected at least 1 keys");
  await expect(testPlugin(acl, { alow: {} })).rejects.toThrow('alow: unknown key "alow"');
});
