import type { Clock } from "./clock.ts";
import { ask, readJson } from "./http.ts";
import { objectOf, textOf } from "./json.ts";
import type { FoundTarget, Source, SourceSink } from "./source.ts";
import { foundUrl } from "./target-url.ts";

export interface ConsulOptions {
  /** Of the HTTP API, without a path. */
  readonly url: string;
  readonly service: string;
  readonly scheme: "http" | "https";
  readonly tag?: string | undefined;
  readonly datacenter?: string | undefined;
  readonly namespace?: string | undefined;
  readonly token?: string | undefined;
  /** Between the beginnings of two questions, at least, in ms. Default 1000. */
  readonly pauseMs?: number;
  /** Ms for an answer beyond the wait that it was asked for. Default 10000. */
  readonly graceMs?: number;
}

const PAUSE_MS = 1_000;
const GRACE_MS = 10_000;
/** For so long a question without news stays open; Consul adds up to a sixteenth. */
const WAIT_S = 60;
const MAX_BYTES = 8_388_608;

/**
 * The instances of a service of Consul that pass their checks, by blocking queries: each is answered when something has
 * changed since the index of the one before (https://developer.hashicorp.com/consul/api-docs/features/blocking).
 */
export function consulSource(options: ConsulOptions, clock: Clock): Source {
  const base = queryOf(options);
  const headers: Readonly<Record<string, string>> =
    options.token === undefined ? {} : { "x-consul-token": options.token };
  const follow = async (sink: SourceSink, signal: AbortSignal) => {
    let index = 0;
    while (!signal.aborted) {
      const startedAt = clock.now();
      const url = index === 0 ? base : `${base}&index=${index}&wait=${WAIT_S}s`;
      const waitMs = index === 0 ? 0 : (WAIT_S * 1_000 * 17) / 16;
      const graceMs = options.graceMs ?? GRACE_MS;
      const answer = await ask({ url, headers, headMs: waitMs + graceMs, idleMs: graceMs, signal });
      const next = indexOf(answer.headers);
      sink.found(consulTargets(await readJson(answer, MAX_BYTES), options.scheme));
      // One that goes back begins anew.
      index = next < index ? 0 : next;
      await clock.sleep((options.pauseMs ?? PAUSE_MS) - (clock.now() - startedAt), signal);
    }
  };
  return { label: `consul ${options.service}`, follow };
}

/** The targets in an answer of `/v1/health/service`. Throws if it is none. */
export function consulTargets(answer: unknown, scheme: "http" | "https"): readonly FoundTarget[] {
  if (!Array.isArray(answer)) throw new Error("the answer is no list of instances");
  return answer.map((entry: unknown) => {
    const service = objectOf(objectOf(entry)?.Service);
    // An instance without an address of its own is at that of its node.
    const host = textOf(service?.Address) ?? textOf(objectOf(objectOf(entry)?.Node)?.Address);
    const port = service?.Port;
    if (host === undefined || typeof port !== "number") throw new Error("an instance has no address or no port");
    const weight = objectOf(service?.Weights)?.Passing;
    return { url: foundUrl(scheme, host, port), weight: typeof weight === "number" && weight >= 0 ? weight : 1 };
  });
}

function queryOf({ url, service, tag, datacenter, namespace }: ConsulOptions): string {
  const query = new URLSearchParams({ passing: "true" });
  if (tag !== undefined) query.set("tag", tag);
  if (datacenter !== undefined) query.set("dc", datacenter);
  if (namespace !== undefined) query.set("ns", namespace);
  return `${url.replace(/\/$/, "")}/v1/health/service/${encodeURIComponent(service)}?${query}`;
}

/** Where the answer stands; it must be there, and above 0, or no question would ever wait. */
function indexOf(headers: Headers): number {
  const index = Number(headers.get("x-consul-index") ?? Number.NaN);
  if (!Number.isSafeInteger(index) || index < 0) throw new Error("the answer has no X-Consul-Index");
  return Math.max(1, index);
}
