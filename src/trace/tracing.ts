import type { Context } from "../context.ts";
import type { PendingReply } from "../message/pending.ts";
import type { Destination } from "../pipeline.ts";
import type { NamedPhases } from "../trail/recorded.ts";

/** What telemetry puts around the parts of a pipeline, when that is composed. */
export interface Tracing {
  /** A plugin, by its name, which has a span where a recorded request waits for it. */
  readonly plugin: (plugin: NamedPhases) => NamedPhases;
  /** Sends attempts, each of which has a span. */
  send(send: (ctx: Context) => PendingReply): (ctx: Context) => PendingReply;
  /** The two ends of a pipeline: a trace is begun before anything sees the request, and ends with it. */
  around(destination: Destination): Destination;
  /** Whoever has opened it is done with it: the last one sends what waits, within `telemetry.timeout`. */
  release(): Promise<void>;
}
