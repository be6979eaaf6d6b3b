import type { Config, ListenConfig } from "../config/schema.ts";
import { workerCount } from "../config/worker-count.ts";
import { routeNameOf } from "../routing/route-name.ts";
import { fixedOf, fixedOfListener } from "./fixed.ts";

/**
 * What a configuration says, part by part, without saying it: a digest of each key of each section, plugin, service and
 * route. Of two configurations with the same salt it shows what differs, and no value.
 */
export type Prints = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** The part that has the gateway's own sections. */
export const GATEWAY = "gateway";
/** Parts that begin so are listeners, by their addresses. */
export const LISTENER = "listener ";
/** Keys that begin so are what only a restart changes, and are not told as changes. */
export const FIXED = "=";
/** The key of a part for the order of its plugins, which decides within a phase. */
export const PLUGIN_ORDER = "order of plugins";

/** The prints of a configuration. Parts are `gateway`, `listener ADDRESS`, `plugin NAME`, `service NAME` and `route NAME`. */
export function printsOf(config: Config, salt: string): Prints {
  const print = printer(salt);
  const { services, routes, plugins, listen, log, ...sections } = config;
  const gateway = {
    ...sections,
    ...named("log.", log),
    "listen.workers": workerCount(config),
    ...fixed(fixedOf(config)),
  };
  const parts = new Map<string, Record<string, string>>([[GATEWAY, eachOf(gateway, print)]]);
  for (const [name, listener] of listenerParts(listen)) parts.set(name, eachOf(listener, print));
  for (const [name, options] of Object.entries(plugins)) parts.set(`plugin ${name}`, { options: print(options) });
  for (const [name, service] of Object.entries(services)) parts.set(`service ${name}`, partOf(service, print));
  for (const route of routes) parts.set(`route ${routeNameOf(route)}`, partOf(route, print));
  return Object.fromEntries(parts);
}

/** By their addresses; of several that ask for any free port each has a number. */
function listenerParts(listen: readonly ListenConfig[]): ReadonlyMap<string, object> {
  const parts = new Map<string, object>();
  for (const listener of listen) {
    const { host, port, workers: _, ...own } = listener;
    let name = `${LISTENER}${host}:${port}`;
    for (let n = 2; parts.has(name); n++) name = `${LISTENER}${host}:${port} (${n})`;
    parts.set(name, { ...own, ...fixed(fixedOfListener(listener)) });
  }
  return parts;
}

function fixed(values: object): object {
  return named(FIXED, values);
}

function named(prefix: string, values: object): object {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [prefix + key, value]));
}

type Print = (value: unknown) => string;

function partOf({ plugins, ...rest }: { readonly plugins: object }, print: Print): Record<string, string> {
  const options = Object.entries(plugins).map(([name, value]) => [`plugins.${name}`, print(value)] as const);
  return { ...eachOf(rest, print), ...Object.fromEntries(options), [PLUGIN_ORDER]: print(Object.keys(plugins)) };
}

function eachOf(values: object, print: Print): Record<string, string> {
  const known = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(known.map(([key, value]) => [key, print(value)]));
}

function printer(salt: string): Print {
  return (value) => {
    const text = JSON.stringify(value, (_, inner: unknown) => sorted(inner)) ?? "";
    return new Bun.CryptoHasher("sha256", salt).update(text).digest("hex").slice(0, 16);
  };
}

/** The order of keys in the YAML says nothing. */
function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
