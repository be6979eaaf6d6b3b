import { copyNode } from "../copy.ts";
import { SECTIONS } from "../grammar.ts";
import { isObject, type Json } from "../json.ts";
import type { Component, Source } from "../source.ts";

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
 * stable under references (Hopcroft 1971, by refinement): where a class is split, only those are looked at again that refer to what
 * has left it.
 */
export function classesOf(owned: readonly Owned[]): ReadonlyMap<Component, number> {
  const shapes = new Map(owned.map((one) => [one.component, shapeOf(one)] as const));
  const referrers = referrersIn(shapes);
  const partition = new Partition(shapes.keys(), (component) => `${component.section} ${shapes.get(component)?.text}`);
  let affected: Iterable<Component> = shapes.keys();
  for (let isDone = false; !isDone; ) {
    const moved = partition.split(affected, (component) => {
      const targets = shapes.get(component)?.targets ?? [];
      return targets.map((target) => target && partition.classOf(target)).join(",");
    });
    affected = new Set(moved.flatMap((component) => referrers.get(component) ?? []));
    isDone = moved.length === 0;
  }
  return partition.classes;
}

/** Components in classes, which are split until nothing tells two of one class apart. */
class Partition {
  readonly classes: Map<Component, number>;
  readonly #sizes = new Map<number, number>();
  #next: number;

  constructor(components: Iterable<Component>, keyOf: (component: Component) => string) {
    this.classes = numbered(components, keyOf);
    for (const number of this.classes.values()) this.#sizes.set(number, this.#sizeOf(number) + 1);
    this.#next = this.#sizes.size;
  }

  classOf(component: Component): number | undefined {
    return this.classes.get(component);
  }

  /** Parts those that differ, by a key that is the same for all others of their class; answers which have a new number now. */
  split(affected: Iterable<Component>, keyOf: (component: Component) => string): readonly Component[] {
    const groups = Map.groupBy(affected, (component) => `${this.classOf(component)}:${keyOf(component)}`);
    const byClass = Map.groupBy(groups.values(), ([first]) => first && this.classOf(first));
    const moved: Component[] = [];
    for (const [number, parts] of byClass) {
      if (number === undefined) continue;
      const isWhole = parts.reduce((sum, part) => sum + part.length, 0) === this.#sizeOf(number);
      // The largest part stays where nobody else does.
      const [largest, ...rest] = parts.toSorted((a, b) => b.length - a.length);
      for (const part of isWhole || largest === undefined ? rest : parts) {
        this.#move(part, number);
        moved.push(...part);
      }
    }
    return moved;
  }

  #move(part: readonly Component[], from: number): void {
    const to = this.#next++;
    for (const component of part) this.classes.set(component, to);
    this.#sizes.set(to, part.length);
    this.#sizes.set(from, this.#sizeOf(from) - part.length);
  }

  #sizeOf(number: number): number {
    return this.#sizes.get(number) ?? 0;
  }
}

/** Who refers to each component. */
function referrersIn(shapes: ReadonlyMap<Component, Shape>): ReadonlyMap<Component, readonly Component[]> {
  const referrers = new Map<Component, Component[]>();
  for (const [component, { targets }] of shapes) {
    for (const target of new Set(targets)) {
      if (target === undefined) continue;
      const known = referrers.get(target);
      if (known === undefined) referrers.set(target, [component]);
      else known.push(component);
    }
  }
  return referrers;
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
