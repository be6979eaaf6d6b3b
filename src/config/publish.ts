import { Kind, type TSchema } from "@sinclair/typebox";
import { NOTE_PREFIX } from "./load-file.ts";
import type { PluginDescription } from "./plugin-lookup.ts";
import { ConfigSchema } from "./schema.ts";
import { PLUGIN_MAP } from "./schema-plugins.ts";
import { branchesOf } from "./words.ts";

type JsonSchema = Readonly<Record<string, unknown>>;

/** A value that holds a variable is text until it is replaced, whatever it stands for. */
const VARIABLE = "\\$\\{";
/** Keys of plugins that are not installed with the gateway: paths, and packages by their usual names. */
const OTHER_PLUGINS = "^(\\.{0,2}/|@[^/]+/|sluice-)";

/** Keywords that mean the same in JSON Schema as in a TypeBox schema. */
const SAME = [
  "description",
  "title",
  "default",
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "exclusiveMaximum",
  "multipleOf",
  "minLength",
  "maxLength",
  "minItems",
  "maxItems",
  "uniqueItems",
  "minProperties",
  "maxProperties",
] as const;

/** `gateway.schema.json`: JSON Schema (draft-07, which editors know best) of a configuration with these plugins. */
export function publishSchema(plugins: readonly PluginDescription[]): JsonSchema {
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    ...toJsonSchema(ConfigSchema),
    patternProperties: { [`^${NOTE_PREFIX}`]: {} },
    definitions: { plugins: pluginMapSchema(plugins) },
  };
}

/** The text of `gateway.schema.json`. */
export function publishedText(plugins: readonly PluginDescription[]): string {
  return `${JSON.stringify(publishSchema(plugins), null, 2)}\n`;
}

function pluginMapSchema(plugins: readonly PluginDescription[]): JsonSchema {
  const sorted = plugins.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const properties = sorted.map(({ name, description, options }) => {
    const choices = [toJsonSchema(options), { const: false }, { type: "null" }];
    return [name, { description, anyOf: choices }] as const;
  });
  return {
    type: ["object", "null"],
    properties: Object.fromEntries(properties),
    patternProperties: { [OTHER_PLUGINS]: { anyOf: [{ type: "object" }, { const: false }, { type: "null" }] } },
    additionalProperties: false,
  };
}

function toJsonSchema(schema: TSchema): JsonSchema {
  if (schema[Kind] === PLUGIN_MAP) return { $ref: "#/definitions/plugins" };
  const shared = Object.fromEntries(SAME.flatMap((key) => (schema[key] === undefined ? [] : [[key, schema[key]]])));
  const branches = branchesOf(schema);
  if (branches.length > 0) return { ...shared, ...unionSchema(branches) };
  if (schema.const !== undefined) return { ...shared, const: schema.const };
  if (Array.isArray(schema.allOf)) return { ...shared, allOf: schema.allOf.map(toJsonSchema) };
  if (schema.$ref !== undefined) return {};
  switch (schema.type) {
    case "object":
      return { ...shared, ...objectSchema(schema) };
    case "array":
      return { ...shared, type: "array", items: toJsonSchema(schema.items) };
    case "string":
      return { ...shared, type: "string", ...patternSchema(schema.pattern) };
    case "integer":
    case "number":
    case "boolean":
      return { ...shared, type: [schema.type, "string"], pattern: VARIABLE };
    default:
      return schema.type === undefined ? shared : { ...shared, type: schema.type };
  }
}

function objectSchema(schema: TSchema): JsonSchema {
  const properties: Readonly<Record<string, TSchema>> = schema.properties ?? {};
  const required: readonly string[] = schema.required ?? [];
  const needed = required.filter((key) => properties[key]?.default === undefined);
  return {
    type: "object",
    ...(schema.properties === undefined ? {} : { properties: mapSchemas(properties) }),
    ...(schema.patternProperties === undefined ? {} : recordSchema(schema.patternProperties)),
    ...(needed.length === 0 ? {} : { required: needed }),
    ...(schema.patternProperties === undefined ? { additionalProperties: additional(schema) } : {}),
  };
}

function recordSchema(patterns: Readonly<Record<string, TSchema>>): JsonSchema {
  const [entry, ...others] = Object.entries(patterns);
  const takesEveryKey = entry?.[0] === "^(.*)$" && others.length === 0;
  return takesEveryKey ? { additionalProperties: toJsonSchema(entry[1]) } : { patternProperties: mapSchemas(patterns) };
}

function mapSchemas(schemas: Readonly<Record<string, TSchema>>): JsonSchema {
  return Object.fromEntries(Object.entries(schemas).map(([key, schema]) => [key, toJsonSchema(schema)]));
}

/** As `validate` has it: unknown keys are refused unless the schema says otherwise. */
function additional(schema: TSchema): unknown {
  const rule: unknown = schema.additionalProperties;
  if (typeof rule === "object" && rule !== null) return toJsonSchema(rule as TSchema);
  return rule === true;
}

function unionSchema(branches: readonly TSchema[]): JsonSchema {
  const literals = branches.flatMap((branch) => (branch.const === undefined ? [] : [branch.const]));
  const others = branches.filter((branch) => branch.const === undefined).map(toJsonSchema);
  if (literals.length === 0) return { anyOf: others };
  return { anyOf: [{ enum: literals }, ...others, { type: "string", pattern: VARIABLE }] };
}

function patternSchema(pattern: unknown): JsonSchema {
  return typeof pattern === "string" ? { pattern: `(?:${pattern})|${VARIABLE}` } : {};
}
