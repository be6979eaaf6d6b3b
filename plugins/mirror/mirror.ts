import {
  Body,
  type Context,
  type Handler,
  headerName,
  type OnCopied,
  type Scope,
  Tee,
  type TimeoutQueue,
  timeoutQueue,
} from "../../src/plugin.ts";
import { Copy } from "./copy.ts";
import { createMetrics, type MirrorMetrics } from "./metrics.ts";
import type { MirrorOptions } from "./options.ts";

/** Copies that are under way, of all routes that have the same service for them. */
export interface InFlight {
  count: number;
}

/** Sends copies of requests to a service, beside what the requests themselves do. */
export class Mirror {
  readonly #options: MirrorOptions;
  readonly #toService: Handler;
  readonly #timeout: TimeoutQueue;
  readonly #inFlight: InFlight;
  readonly #metrics: MirrorMetrics;
  readonly #log: Scope["log"];
  readonly #marker: string;
  readonly #removed: ReadonlySet<string>;

  /** Throws Error for a marker that would not arrive, and if copies could go round and round. */
  constructor(options: MirrorOptions, scope: Scope) {
    const { service, timeout, marker, remove } = options;
    this.#options = options;
    this.#toService = scope.toService(service);
    this.#timeout = timeoutQueue(timeout);
    this.#inFlight = scope.state(`in flight to ${service}`, () => ({ count: 0 }));
    this.#metrics = createMetrics(scope.metrics, service);
    this.#log = scope.log;
    this.#marker = headerName("marker", marker);
    // An expectation is about the client's own body.
    this.#removed = new Set([...remove.map((name) => name.toLowerCase()), this.#marker, "expect"]);
    if (this.#removed.has("via")) throw new Error("remove: by Via gateways notice that a copy comes back to them");
  }

  /** Copies the request: now, or, if its body is still coming, when that is whole. */
  copy(ctx: Context): void {
    const { body } = ctx.request;
    const limit = this.#options["max-body"];
    if ((body.length ?? 0) > limit) return this.#metrics.skipped("body");
    const { inMemory } = body;
    if (inMemory === undefined)
      ctx.request.body = body.through((source) => new Tee(source, limit, () => this.#begin(ctx)));
    // The original goes first.
    else if (this.#takePlace()) queueMicrotask(() => this.#send(ctx, inMemory));
  }

  /** Takes a place for a copy whose body begins to pass. */
  #begin(ctx: Context): OnCopied | undefined {
    if (!this.#takePlace()) return undefined;
    return (content) => {
      if (content !== undefined) return this.#send(ctx, content);
      this.#take(-1);
      this.#metrics.skipped("body");
    };
  }

  #takePlace(): boolean {
    if (this.#inFlight.count < this.#options["max-in-flight"]) {
      this.#take(1);
      return true;
    }
    this.#metrics.skipped("busy");
    return false;
  }

  #take(places: 1 | -1): void {
    this.#inFlight.count += places;
    this.#metrics.inFlight.set(this.#inFlight.count);
  }

  #send(ctx: Context, content: Uint8Array): void {
    const { request } = ctx;
    const headers = request.headers.copy();
    headers.deleteWhere((name) => this.#removed.has(name));
    headers.set(this.#marker, encodeURIComponent(ctx.route?.name ?? ""));
    const copy = ctx.detached({ ...request, headers, body: Body.of(content) });
    this.#metrics.sent.inc();
    new Copy(copy, (error) => {
      this.#take(-1);
      if (error === undefined) return;
      this.#metrics.failed.inc();
      this.#log.debug("a copy has failed", {
        requestId: ctx.requestId,
        service: this.#options.service,
        code: error.code,
      });
    }).send(this.#toService, this.#timeout);
  }
}
