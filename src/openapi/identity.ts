import { copyNode } from "./copy.ts";
import { SECTIONS } from "./grammar.ts";
import { isObject, type Json } from "./json.ts";
import type { Component, Source } from "./source.ts";

/** A component of one service. */
export interface Owned {
  readonly source: Source;
  readonly component: Component;
}

interface Shape {
  /** Its text, with a number for each reference. */
  readonly text: string;
  readonly targets: readonly (Component | undefined)[];
}

/**
 * Numbers components so that two have the same number if and only if they mean the same: the same structure, whatever the order
 * of keys, and references to components that mean the same, circles included. This is the coarsest partition that is
 * stable under references (Hopcroft 1971, by refinement).
 */
export function classesOf(owned: readonly Owned[]): ReadonlyMap<Component, number> {
  const shapes = new Map(owned.map((one) => [one.component, shapeOf(one)] as const));
  let classes = numbered(shapes.keys(), (component) => `${component.section} ${shapes.get(component)?.text}`);
  for (let count = 0; ; ) {
    const before = classes;
    classes = numbered(shapes.keys(), (component) => {
      const targets = shapes.get(component)?.targets ?? [];
      return `${before.get(component)}:${targets.map((target) => target && before.get(target)).join(",")}`;
    });
    const next = new Set(classes.values()).size;
    if (next === count) return classes;
    count = next;
  }
}

function shapeOf({ source, component }: Owned): Shape {
  const targets: (Component | undefined)[] = [];
  const copy = copyNode(component.value, SECTIONS[component.section], {
    reference(ref, kind) {
      targets.push(source.locate(ref, kind));
      return `\u0000${kind}`;
    },
  });
  return { text: canonicalText(copy), targets };
}

function numbered(components: Iterable<Component>, keyOf: (component: Component) => string): Map<Component, number> {
  const numbers = new Map<string, number>();
  const classes = new Map<Component, number>();
  for (const component of components) {
    const key = keyOf(component);
    const number = numbers.get(key) ?? numbers.size;
    numbers.set(key, number);
    classes.set(component, number);
  }
  return classes;
}

/** JSON with the keys of each object in order. */
export function canonicalText(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(",")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const keys = Object.keys(value).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonicalText(value[key] ?? null)}`).join(",")}}`;
}
