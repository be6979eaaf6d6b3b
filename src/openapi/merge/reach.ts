import { copyNode } from "../copy.ts";
import { type Kind, SECTIONS } from "../grammar.ts";
import { isObject, type Json, type JsonObject, listAt, textAt } from "../json.ts";
import type { Component, Source } from "../source.ts";
import type { Owned } from "./identity.ts";

/** An object to begin with. */
export interface Root {
  readonly value: Json;
  readonly kind: Kind;
}

/** The components of a document that are needed for these objects. */
export function reachable(source: Source, roots: readonly Root[]): readonly Owned[] {
  const heirs = heirsOf(source);
  const found = new Set<Component>();
  const queue: Root[] = [...roots];
  const add = (component: Component | undefined) => {
    if (component === undefined || found.has(component)) return;
    found.add(component);
    queue.push({ value: component.value, kind: SECTIONS[component.section] });
    for (const heir of heirs.get(component) ?? []) add(heir);
  };
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    copyNode(next.value, next.kind, {
      reference: (ref, kind) => {
        add(source.locate(ref, kind));
        return ref;
      },
      leave(_, kind, original) {
        if (kind === "operation")
          for (const name of schemesOf(original)) add(source.component(`securitySchemes/${name}`));
      },
    });
  }
  return [...found].map((component) => ({ source, component }));
}

/** Names of the security schemes that an operation asks for. */
function schemesOf(operation: JsonObject): readonly string[] {
  return listAt(operation, "security").flatMap((requirement) =>
    isObject(requirement) ? Object.keys(requirement) : [],
  );
}

/**
 * Schemas that are told apart by a discriminator without being named in it: those that extend its schema by `allOf`
 * (OpenAPI 3.1 §4.8.25.3).
 */
export function heirsOf(source: Source): ReadonlyMap<Component, readonly Component[]> {
  const heirs = new Map<Component, Component[]>();
  for (const component of source.components) {
    if (component.section !== "schemas") continue;
    for (const part of listAt(component.value, "allOf")) {
      const ref = textAt(part, "$ref");
      const parent = ref === undefined ? undefined : source.locate(ref, "schema");
      if (parent === undefined || !isObject(parent.value) || parent.value.discriminator === undefined) continue;
      const known = heirs.get(parent);
      if (known === undefined) heirs.set(parent, [component]);
      else known.push(component);
    }
  }
  return heirs;
}
