import { FreeNames } from "../free-names.ts";
import type { Report } from "../report.ts";
import type { Component } from "../source.ts";
import { classesOf, type Owned } from "./identity.ts";

/**
 * Under which name each component stands in the merged document; those that mean the same share one.
 *
 * @param isReserved whether the gateway itself has a component of that id
 */
export function nameComponents(
  owned: readonly Owned[],
  report: Report,
  isReserved: (id: string) => boolean = () => false,
): ReadonlyMap<Component, string> {
  const classes = classesOf(owned);
  const names = new Map<Component, string>();
  const taken = new Set(owned.map(({ component }) => component.id));
  const free = new FreeNames((id) => taken.has(id));
  const byId = Map.groupBy(
    owned.toSorted((a, b) => order(a.source.service, b.source.service)),
    ({ component }) => component.id,
  );
  for (const [id, group] of [...byId].sort(([a], [b]) => order(a, b))) {
    const isTaken = isReserved(id);
    const byClass = Map.groupBy(group, ({ component }) => classes.get(component));
    for (const same of byClass.values()) {
      const [first] = same;
      if (first === undefined) continue;
      const { section, name } = first.component;
      const chosen =
        byClass.size === 1 && !isTaken
          ? name
          : free.free(`${section}/${nameOf(first.source.service)}_${name}`).slice(section.length + 1);
      taken.add(`${section}/${chosen}`);
      for (const { source, component } of same) {
        names.set(component, chosen);
        if (chosen === name) continue;
        const owner = isTaken ? "the gateway" : "another service";
        const message = `${section}/${name} is ${chosen}, for ${owner} has a different one of that name`;
        report.add({
          kind: "component-renamed",
          service: source.service,
          pointer: `/components/${component.id}`,
          message,
        });
      }
    }
  }
  return names;
}

/** A service's name as a part of a component's: letters, digits, dots, hyphens and underscores (OpenAPI 3.1 §4.8.7). */
export function nameOf(service: string): string {
  const name = service.replace(/[^A-Za-z0-9._-]+/g, "_");
  return name.charAt(0).toUpperCase() + name.slice(1);
}

export function order(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
