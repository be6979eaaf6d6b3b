import { pairListeners } from "../config/pair-listeners.ts";
import type { Config, ListenConfig } from "../config/schema.ts";
import { workerCount } from "../config/worker-count.ts";

/** A new configuration as far as a running gateway can go by it. */
export interface Fitted {
  readonly config: Config;
  /** What has changed, and waits for a restart: sections, or keys of one after a dot. */
  readonly needsRestart: readonly string[];
}

/** What stays as it is for as long as the process runs, by the names that people are told. */
export function fixedOf(config: Config): Readonly<Record<string, unknown>> {
  const { admin, redis, metrics, log } = config;
  // A process that serves by itself can have no workers, nor a parent serve.
  return { admin, redis, metrics, "log.format": log.format, "listen.workers": workerCount(config) === 1 };
}

/** What of a listener stays as it is for as long as it is open. */
export function fixedOfListener({ tls, http2, http3 }: ListenConfig): Readonly<Record<string, unknown>> {
  return {
    "listen.http2": http2,
    "listen.http3": http3,
    // Bun takes no other certificate for HTTP/3.
    "listen.tls": http3 ? tls : tls !== undefined,
    "listen.tls.client-certificates": tls?.["client-certificates"]?.mode,
  };
}

/** Leaves out of a new configuration what only a start reads. */
export function fitToRunning(next: Config, running: Config): Fitted {
  const { admin, redis, metrics } = running;
  const waiting = new Set(differing(fixedOf(next), fixedOf(running)));
  const listen = fitListeners(next.listen, running, waiting);
  const { format: _, ...ownLog } = next.log;
  const { format } = running.log;
  const log = format === undefined ? ownLog : { ...ownLog, format };
  return { config: Object.freeze({ ...next, listen, admin, log, metrics, redis }), needsRestart: [...waiting] };
}

function differing(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.keys(a).filter((key) => !Bun.deepEquals(a[key], b[key]));
}

function fitListeners(next: readonly ListenConfig[], running: Config, waiting: Set<string>): ListenConfig[] {
  const places = pairListeners(next, running.listen);
  const taken = new Set(places);
  const workers = waiting.has("listen.workers") ? { workers: workerCount(running) } : {};
  return next.map((listen, index) => {
    const place = places[index] ?? movedFrom(listen, running.listen, taken);
    const known = place === undefined ? undefined : running.listen[place];
    if (known === undefined) return { ...listen, ...workers };
    taken.add(place);
    if (known.host !== listen.host) waiting.add("listen.host");
    for (const key of differing(fixedOfListener(listen), fixedOfListener(known))) waiting.add(key);
    return { ...fitListener(listen, known), ...workers };
  });
}

/** Of another address with the same port: as long as one is open, the other may not be had. */
function movedFrom(
  { port }: ListenConfig,
  running: readonly ListenConfig[],
  taken: ReadonlySet<number | undefined>,
): number | undefined {
  const place = running.findIndex((known, index) => port !== 0 && known.port === port && !taken.has(index));
  return place === -1 ? undefined : place;
}

function fitListener({ tls: wanted, ...next }: ListenConfig, known: ListenConfig): ListenConfig {
  const { host, http2, http3 } = known;
  const tls = fitTls(wanted, known);
  return { ...next, host, http2, http3, ...(tls === undefined ? {} : { tls }) };
}

function fitTls(wanted: ListenConfig["tls"], { tls, http3 }: ListenConfig): ListenConfig["tls"] {
  if (wanted === undefined || tls === undefined || http3) return tls;
  const { "client-certificates": clients, ...own } = wanted;
  const known = tls["client-certificates"];
  if (known === undefined) return own;
  return { ...own, "client-certificates": clients?.mode === known.mode ? clients : known };
}
