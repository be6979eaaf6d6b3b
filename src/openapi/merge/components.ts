import { SECTIONS, type Section } from "../grammar.ts";
import { type Draft, type Json, type JsonObject, objectAt, textAt } from "../json.ts";
import type { Component } from "../source.ts";
import type { Owned } from "./identity.ts";
import { order } from "./names.ts";
import { UNKNOWN, unknownComponent, type WriterOf } from "./writer.ts";

const ALL_SECTIONS = Object.keys(SECTIONS) as readonly Section[];

/** The object `components`, one for each name: those that share one mean the same. */
export function writeComponents(
  owned: readonly Owned[],
  names: ReadonlyMap<Component, string>,
  writerOf: WriterOf,
): Draft {
  const sections: Draft = {};
  for (const section of ALL_SECTIONS) {
    const written = new Map<string, Json>();
    for (const { source, component } of owned) {
      const name = names.get(component);
      if (component.section !== section || name === undefined || written.has(name)) continue;
      const value = writerOf(source)(component.value, SECTIONS[section]);
      if (section === "links" && leadsNowhere(value)) continue;
      written.set(name, value);
    }
    if (written.size > 0) sections[section] = Object.fromEntries([...written].sort(([a], [b]) => order(a, b)));
  }
  return sections;
}

/** Nothing refers to such a link any more. */
function leadsNowhere(link: Json): boolean {
  return (textAt(link, "operationId") ?? textAt(link, "operationRef")) === undefined;
}

/** Where something refers to what is not there, something is there that says so. */
export function addUnknown(paths: JsonObject, webhooks: JsonObject, components: Draft): void {
  const text = JSON.stringify([paths, webhooks, components]);
  for (const section of ALL_SECTIONS) {
    if (!text.includes(`"#/components/${section}/${UNKNOWN}"`)) continue;
    components[section] = { ...objectAt(components, section), [UNKNOWN]: unknownComponent(section) };
  }
}
