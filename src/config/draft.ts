import type { KeyPath } from "./key-path.ts";
import type { Node } from "./node.ts";
import type { PluginDescription } from "./plugin-lookup.ts";
import type { Config, PluginMapConfig, RouteConfig, ServiceConfig } from "./schema.ts";
import type { Place } from "./source.ts";

/** A service or route as it was read, from whichever file. */
export interface Entry<T> {
  readonly node: Node;
  readonly path: KeyPath | undefined;
  /** Where it begins. */
  readonly place: Place;
  /** What was valid of it. */
  readonly value: Partial<T>;
  /** All of it, if there is no problem in it. */
  readonly valid: T | undefined;
  readonly plugins: PluginMapConfig;
}

export interface ServiceEntry extends Entry<ServiceConfig> {
  readonly name: string;
}

export type RouteEntry = Entry<RouteConfig>;

/** A configuration whose values fit the schema, or are left out; its parts are still to be checked against each other. */
export interface Draft {
  /** The main file's content. */
  readonly root: Node;
  readonly main: Partial<Config>;
  readonly plugins: PluginMapConfig;
  readonly services: ReadonlyMap<string, ServiceEntry>;
  readonly routes: readonly RouteEntry[];
  readonly known: ReadonlyMap<string, PluginDescription>;
  /** False if a file is missing from it: then a service that is not there may be in that file. */
  readonly isComplete: boolean;
}
