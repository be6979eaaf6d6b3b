import { Kind, type TSchema } from "@sinclair/typebox";
import type { Draft } from "./draft.ts";
import { below, type KeyPath } from "./key-path.ts";
import { didYouMean } from "./nearest.ts";
import { entryOf, type Node, type ScalarNode } from "./node.ts";
import { type Problem, problemAt } from "./problem.ts";
import { SERVICE_NAME } from "./service-name.ts";
import { found } from "./words.ts";

/** A service that the options of a plugin name. */
export interface NamedService {
  readonly node: ScalarNode;
  readonly path: KeyPath | undefined;
}

/** Every service that a plugin's options name. */
export function servicesInOptions({ root, services, routes, known }: Draft): readonly NamedService[] {
  const owners = [{ node: root, path: undefined }, ...services.values(), ...routes];
  return owners.flatMap(({ node, path }) => {
    const map = entryOf(node, "plugins")?.value;
    if (map?.kind !== "map") return [];
    return map.entries.flatMap(({ key, value }) => {
      const options = known.get(key)?.options;
      return options === undefined ? [] : namesIn(options, value, below(path, "plugins", key));
    });
  });
}

/** Names of services that are not there. */
export function checkServiceNames(draft: Draft): readonly Problem[] {
  if (!draft.isComplete) return [];
  return servicesInOptions(draft).flatMap(({ node, path }) => {
    if (typeof node.value !== "string" || draft.services.has(node.value)) return [];
    return [problemAt(node, path, `expected the name of a service, found ${found(node)}`, hintFor(node, draft))];
  });
}

/** What came from a variable is not shown. */
function hintFor({ value, variables }: ScalarNode, { services }: Draft): string | undefined {
  if (variables.length > 0 || typeof value !== "string") return undefined;
  return didYouMean(value, services.keys()) ?? `there are ${[...services.keys()].slice(0, 10).join(", ")}`;
}

/** The places where a schema of that kind meets text: in maps, lists and alternatives. */
function namesIn(schema: TSchema, node: Node, path: KeyPath | undefined): readonly NamedService[] {
  if (schema[Kind] === SERVICE_NAME) return node.kind === "scalar" ? [{ node, path }] : [];
  const branches: readonly TSchema[] = schema.anyOf ?? [];
  const inBranches = branches.flatMap((branch) => namesIn(branch, node, path));
  if (node.kind === "list" && schema.type === "array") {
    return [...inBranches, ...node.items.flatMap((item, i) => namesIn(schema.items, item, below(path, i)))];
  }
  if (node.kind !== "map") return inBranches;
  const properties: Readonly<Record<string, TSchema>> = schema.properties ?? {};
  const inEntries = node.entries.flatMap(({ key, value }) => {
    const property = Object.hasOwn(properties, key) ? properties[key] : undefined;
    return property === undefined ? [] : namesIn(property, value, below(path, key));
  });
  return [...inBranches, ...inEntries];
}
