import { expect, test } from "bun:test";
import { nameSchemes } from "../../../src/openapi/policy/scheme-names.ts";
import type { PluginPolicy, SecurityScheme } from "../../../src/policy/plugin-policy.ts";

const named = (name: string, scheme: SecurityScheme): PluginPolicy => ({ security: { schemes: { [name]: scheme } } });
const key = (name: string): SecurityScheme => ({ type: "apiKey", in: "header", name });

test("what is the same has one name, what differs a number, whatever comes first", () => {
  const policies = [named("key", key("b")), named("key", key("a")), named("key", key("b")), named("key-2", key("c"))];
  for (const all of [policies, policies.toReversed()]) {
    const nameOf = nameSchemes(all);
    expect([nameOf("key", key("a")), nameOf("key", key("b")), nameOf("key-2", key("c"))]).toEqual([
      "key",
      "key-3",
      "key-2",
    ]);
    expect(nameOf("key", { name: "b", in: "header", type: "apiKey" })).toBe("key-3");
  }
});
