import { expect, test } from "bun:test";
import { requirementsOf } from "../../../src/openapi/policy/requirements.ts";
import type { PluginPolicy, PluginSecurity } from "../../../src/policy/plugin-policy.ts";

const bearer = { type: "http", scheme: "bearer" } as const;
const basic = { type: "http", scheme: "basic" } as const;
const header = { type: "apiKey", in: "header", name: "x-key" } as const;

const wants = (schemes: PluginSecurity["schemes"], rest: Omit<PluginSecurity, "schemes"> = {}): PluginPolicy => ({
  security: { schemes, ...rest },
});
const of = (...policies: readonly PluginPolicy[]) => requirementsOf(policies, (name) => name);

test("without a plugin that wants a credential nothing is said", () => {
  expect(of()).toBeUndefined();
  expect(of({ refusals: [] }, { needsCaller: true })).toBeUndefined();
});

test("several plugins want their credentials together", () => {
  expect(of(wants({ jwt: bearer }, { scopes: ["read"] }), wants({ key: header }))).toEqual([
    { jwt: ["read"], key: [] },
  ]);
});

test("of several places one is enough, with each of another plugin", () => {
  const cookie = { type: "apiKey", in: "cookie", name: "session" } as const;
  expect(of(wants({ a: header, b: cookie }), wants({ jwt: bearer }))).toEqual([
    { a: [], jwt: [] },
    { b: [], jwt: [] },
  ]);
});

test("what is optional is one more way, the last", () => {
  expect(of(wants({ jwt: bearer }, { isOptional: true }))).toEqual([{ jwt: [] }, {}]);
  expect(of(wants({ jwt: bearer }, { isOptional: true }), wants({ key: header }))).toEqual([
    { jwt: [], key: [] },
    { key: [] },
  ]);
});

test("two schemes of one header cannot be sent together", () => {
  const optional = { isOptional: true };
  expect(of(wants({ jwt: bearer }, optional), wants({ basic }, optional))).toEqual([{ jwt: [] }, { basic: [] }, {}]);
  expect(of(wants({ jwt: bearer }, optional), wants({ basic }))).toEqual([{ basic: [] }]);
  // A request that nobody can send is still what is wanted: nothing at all would be what everybody can.
  expect(of(wants({ jwt: bearer }), wants({ basic }))).toEqual([{ jwt: [], basic: [] }]);
});

test("one scheme that two plugins want has the scopes of both", () => {
  const first = wants({ token: bearer }, { scopes: ["a", "b"] });
  expect(of(first, wants({ token: bearer }, { scopes: ["b", "c"] }))).toEqual([{ token: ["a", "b", "c"] }]);
});

test("nobody is let through unknown where a caller is needed", () => {
  const jwt = wants({ jwt: bearer }, { isOptional: true });
  expect(of(jwt, { needsCaller: true })).toEqual([{ jwt: [] }]);
  expect(of(jwt, { needsCaller: true }, { mayKnowCaller: true })).toEqual([{ jwt: [] }, {}]);
});
