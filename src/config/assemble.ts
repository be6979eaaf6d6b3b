import type { RouteEntry, ServiceEntry } from "./draft.ts";
import { below } from "./key-path.ts";
import type { LoadedFile } from "./load-file.ts";
import { entryOf, type Node } from "./node.ts";
import type { PluginSite } from "./plugins.ts";
import { type Problem, problemAt } from "./problem.ts";
import type { RouteConfig, ServiceConfig } from "./schema.ts";
import { positionOf } from "./source.ts";

/** A service or route before its plugins are known. */
export interface Part<E> {
  readonly entry: Omit<E, "plugins">;
  readonly site: PluginSite;
}

export interface Parts {
  readonly services: ReadonlyMap<string, Part<ServiceEntry>>;
  readonly routes: readonly Part<RouteEntry>[];
  readonly problems: readonly Problem[];
}

/** Puts the services and routes of all files together, in the order of the files. */
export function collectParts(files: readonly LoadedFile[]): Parts {
  const services = new Map<string, Part<ServiceEntry>>();
  const problems: Problem[] = [];
  for (const part of files.flatMap(servicesOf)) {
    const { name, path, place } = part.entry;
    const first = services.get(name)?.entry.place;
    if (first === undefined) services.set(name, part);
    else {
      const where = `${first.source.name}:${positionOf(first).line}`;
      problems.push(problemAt(place, path, `the service ${JSON.stringify(name)} is defined already, at ${where}`));
    }
  }
  return { services, routes: files.flatMap(routesOf), problems };
}

function servicesOf(file: LoadedFile): readonly Part<ServiceEntry>[] {
  const map = entryOf(file.root, "services")?.value;
  if (map?.kind !== "map") return [];
  const values = (file.value.services ?? {}) as Readonly<Record<string, Partial<ServiceConfig>>>;
  return map.entries.map(({ key, place, value: node }) => {
    const path = below(undefined, "services", key);
    const decoded = Object.hasOwn(values, key) ? values[key] : undefined;
    const value = decoded ?? {};
    // A key that may not be there has no value either.
    const valid = file.invalid.has(node) || decoded === undefined ? undefined : (value as ServiceConfig);
    return { entry: { name: key, node, path, place, value, valid }, site: siteOf(node, path) };
  });
}

function routesOf(file: LoadedFile): readonly Part<RouteEntry>[] {
  const list = entryOf(file.root, "routes")?.value;
  if (list?.kind !== "list") return [];
  const values = (file.value.routes ?? []) as readonly (Partial<RouteConfig> | undefined)[];
  return list.items.map((node, index) => {
    const path = below(undefined, "routes", index);
    const value = values[index] ?? {};
    const valid = file.invalid.has(node) ? undefined : (value as RouteConfig);
    return { entry: { node, path, place: node, value, valid }, site: siteOf(node, path) };
  });
}

function siteOf(node: Node, path: RouteEntry["path"]): PluginSite {
  return { node: entryOf(node, "plugins")?.value, path: below(path, "plugins") };
}
