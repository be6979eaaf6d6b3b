import { describe, expect, test } from "bun:test";
import { EXAMPLES } from "../../src/config/examples.ts";
import { loadConfig } from "../../src/config/load.ts";
import { publishedText, publishSchema } from "../../src/config/publish.ts";
import { referenceText } from "../../src/config/reference.ts";
import { ConfigSchema } from "../../src/config/schema.ts";
import { Type } from "../../src/plugin.ts";
import { tempFolder } from "../support/temp.ts";
import { brief, PLUGINS } from "./workspace.ts";

const plugins = ["request-id", "respond", "slow"].flatMap((name) => {
  const plugin = PLUGINS[name];
  return plugin === undefined || "problem" in plugin ? [] : [plugin];
});

describe("publishSchema", () => {
  const schema = JSON.parse(publishedText(plugins));

  test("asks for nothing that has a default", () => {
    expect(schema.required).toBeUndefined();
    expect(schema.properties.services.additionalProperties.required).toBeUndefined();
    expect(schema.properties.routes.items.required).toEqual(["path"]);
  });

  test("refuses unknown keys wherever the gateway does", () => {
    expect(schema.additionalProperties).toBeFalse();
    expect(schema.properties.admin.additionalProperties).toBeFalse();
    expect(schema.definitions.plugins.properties.slow.anyOf[0].additionalProperties).toBeFalse();
  });

  test("types plugins by name, in all three places", () => {
    const reference = { $ref: "#/definitions/plugins" };
    expect(schema.properties.plugins).toEqual(reference);
    expect(schema.properties.services.additionalProperties.properties.plugins).toEqual(reference);
    expect(schema.properties.routes.items.properties.plugins).toEqual(reference);
    const { properties, additionalProperties } = schema.definitions.plugins;
    expect(Object.keys(properties)).toEqual(["request-id", "respond", "slow"]);
    expect(properties.slow.anyOf.slice(1)).toEqual([{ const: false }, { type: "null" }]);
    expect(additionalProperties).toBeFalse();
  });

  test("allows keys of other plugins that look like a path or a package", () => {
    const [pattern = ""] = Object.keys(schema.definitions.plugins.patternProperties);
    const keys = ["./a.ts", "../a.ts", "/a.ts", "@team/a", "sluice-a", "requst-id", ".hidden"];
    expect(keys.filter((key) => new RegExp(pattern).test(key))).toEqual(keys.slice(0, 5));
  });

  test("takes a variable wherever there is a value", () => {
    const { port } = schema.properties.admin.properties;
    expect(port).toMatchObject({ type: ["integer", "string"], pattern: "\\$\\{", minimum: 0, maximum: 65535 });
    const { level } = schema.properties.log.properties;
    expect(level.anyOf).toEqual([{ enum: ["debug", "info", "warn", "error"] }, { type: "string", pattern: "\\$\\{" }]);
    const duration = new RegExp(schema.properties.services.additionalProperties.properties["dns-ttl"].pattern);
    expect(["30s", "${TTL}", "30", "x30s"].map((text) => duration.test(text))).toEqual([true, true, false, false]);
  });

  test("is the same whatever order the plugins come in", () => {
    expect(publishSchema(plugins.toReversed())).toEqual(publishSchema(plugins));
  });
});

describe("referenceText", () => {
  const text = referenceText(plugins);

  test("has a section for every key, and its keys with type and default", () => {
    for (const key of Object.keys(ConfigSchema.properties)) expect(text).toContain(`\n## ${key}\n`);
    expect(text).toContain("| `limits.body-bytes` | size | `10mb` | Bytes of a request's body; more is 413. |");
    expect(text).toContain("| `NAME.targets[].weight` | a whole number from 0 to 1000 | `1` |");
    expect(text).toContain("| `path` | text that is not empty | required |");
    expect(text).toContain("| `name` | text that is not empty |  |");
  });

  test("lists the plugins with their pages", () => {
    expect(text).toContain("- [`request-id`](plugins/request-id.md): For tests.");
  });

  test("describes every key", () => {
    expect(text.split("\n").filter((line) => line.startsWith("| `") && line.endsWith("|  |"))).toEqual([]);
  });

  test.each(Object.entries(EXAMPLES))("the example for %s is valid", async (_key, example) => {
    using folder = tempFolder();
    folder.write("gateway.yaml", example);
    folder.write("services/a.yaml", "");
    const anything = Type.Object({}, { additionalProperties: true });
    const find = async (name: string) => ({ name, description: "", options: anything });
    const lookup = { find, names: () => [] };
    const result = await loadConfig("gateway.yaml", {
      env: { ADMIN_TOKEN: "tUNq0vXw3Rk9sLd7" },
      plugins: lookup,
      directory: folder.path,
    });
    expect(result.problems.filter(({ severity }) => severity === "error").map(brief)).toEqual([]);
  });
});
