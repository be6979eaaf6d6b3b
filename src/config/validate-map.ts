import { Kind, type TObject, type TSchema, Type } from "@sinclair/typebox";
import { below, type KeyPath } from "./key-path.ts";
import { nearestName } from "./nearest.ts";
import { type MapNode, type Node, toNode, toValue } from "./node.ts";
import { foundAt } from "./secret-key.ts";
import { report, type Walk } from "./walk.ts";
import { alternatives, expected, found } from "./words.ts";

type Properties = Readonly<Record<string, TSchema>>;

/** A map with known keys: what is missing gets its default. */
export function visitObject(schema: TSchema, node: Node, path: KeyPath | undefined, walk: Walk): unknown {
  if (node.kind !== "map") return refuse(schema, node, path, walk);
  const properties: Properties = schema.properties;
  const written = new Set(node.entries.map(({ key }) => key));
  const absent = Object.keys(properties).filter((key) => !written.has(key));
  const meant = new Set<string>();
  const value: Record<string, unknown> = {};
  for (const entry of node.entries) {
    const property = Object.hasOwn(properties, entry.key) ? properties[entry.key] : additional(schema);
    const keyPath = below(path, entry.key);
    if (property !== undefined) {
      put(value, entry.key, walk.visit(property, entry.value, keyPath, walk));
      continue;
    }
    const nearest = nearestName(entry.key, absent) ?? nearestName(entry.key, Object.keys(properties));
    if (nearest !== undefined) meant.add(nearest);
    report(walk, entry.place, keyPath, `unknown key ${JSON.stringify(entry.key)}`, unknownHint(nearest, absent));
  }
  const required: readonly string[] = schema.required ?? [];
  for (const key of absent) {
    const property = properties[key] as TSchema;
    if (property.default !== undefined) {
      put(value, key, walk.visit(property, toNode(property.default, node), below(path, key), walk));
    } else if (required.includes(key) && !meant.has(key)) {
      report(walk, node, path, `the key "${key}" is missing: expected ${expected(property)}`);
    }
  }
  checkSize(schema, node, path, walk);
  return value;
}

/** A map with keys of any name, or of those that fit a pattern. */
export function visitRecord(schema: TSchema, node: Node, path: KeyPath | undefined, walk: Walk): unknown {
  if (node.kind !== "map") return refuse(schema, node, path, walk);
  const patterns: Properties = schema.patternProperties ?? {};
  const rules = Object.entries(patterns).map(([pattern, rule]) => ({ pattern: new RegExp(pattern, "s"), rule }));
  const value: Record<string, unknown> = {};
  for (const entry of node.entries) {
    const keyPath = below(path, entry.key);
    const rule = rules.find(({ pattern }) => pattern.test(entry.key))?.rule ?? additional(schema);
    if (rule !== undefined) put(value, entry.key, walk.visit(rule, entry.value, keyPath, walk));
    else {
      const forms = alternatives(Object.keys(patterns));
      report(walk, entry.place, keyPath, `unknown key ${JSON.stringify(entry.key)}: expected one of the form ${forms}`);
    }
  }
  checkSize(schema, node, path, walk);
  return value;
}

/** Maps that have to fit several schemas are checked as one with all their keys. */
export function visitIntersect(schema: TSchema, node: Node, path: KeyPath | undefined, walk: Walk): unknown {
  const parts: readonly TSchema[] = schema.allOf;
  if (!parts.every((part): part is TObject => part[Kind] === "Object")) {
    throw new Error("an intersection can be checked if all its parts are objects");
  }
  return visitObject({ ...Type.Composite([...parts]), ...overall(schema) }, node, path, walk);
}

/** Plugins and their options are checked by whoever knows the plugins: here, that each has options or `false`. */
export function visitPluginMap(schema: TSchema, node: Node, path: KeyPath | undefined, walk: Walk): unknown {
  if (node.kind !== "map") return refuse(schema, node, path, walk);
  for (const { key, value } of node.entries) {
    const isFine = value.kind === "map" || (value.kind === "scalar" && (value.value === null || value.value === false));
    if (isFine || (value.kind === "scalar" && value.isBroken)) continue;
    report(walk, value, below(path, key), `expected a map of options, or false, found ${found(value)}`);
  }
  return toValue(node);
}

function refuse(schema: TSchema, node: Node, path: KeyPath | undefined, walk: Walk): undefined {
  report(walk, node, path, `expected ${expected(schema)}, found ${foundAt(node, path)}`);
}

/** The schema of keys that have none of their own; undefined if there may be none. */
function additional(schema: TSchema): TSchema | undefined {
  const rule: unknown = schema.additionalProperties;
  if (rule === true) return Type.Unknown();
  return typeof rule === "object" && rule !== null ? (rule as TSchema) : undefined;
}

function unknownHint(nearest: string | undefined, absent: readonly string[]): string | undefined {
  if (nearest !== undefined) return `did you mean ${JSON.stringify(nearest)}?`;
  return absent.length === 0 ? undefined : `what may be here: ${absent.join(", ")}`;
}

function checkSize(schema: TSchema, node: MapNode, path: KeyPath | undefined, walk: Walk): void {
  const { minProperties = 0, maxProperties = Number.POSITIVE_INFINITY } = schema;
  const size = node.entries.length;
  if (size < minProperties) report(walk, node, path, `expected at least ${minProperties} keys, found ${size}`);
  if (size > maxProperties) report(walk, node, path, `expected at most ${maxProperties} keys, found ${size}`);
}

function overall(schema: TSchema): { readonly additionalProperties?: boolean } {
  return schema.unevaluatedProperties === true ? { additionalProperties: true } : {};
}

/** Left out if it is not valid; `constructor` and its like are keys like all others. */
function put(target: Record<string, unknown>, key: string, value: unknown): void {
  if (value === undefined) return;
  Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
}
