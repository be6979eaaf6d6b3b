import type { Context } from "../context.ts";
import type { GatewayError } from "../errors.ts";
import type { Incidents } from "../observe/incidents/incidents.ts";
import type { Logger } from "../observe/logger.ts";
import { CORE } from "../observe/metrics/core.ts";
import type { Counter } from "../observe/metrics/counter.ts";
import type { Lasting } from "../scope.ts";

/** Counts, remembers and logs what fails before it is a request, and logs what fails inside. */
export class Refusals {
  readonly #log: Logger;
  readonly #incidents: Incidents;
  readonly #counter: Counter<typeof CORE.refused.labels>;

  constructor({ log, metrics }: Pick<Lasting, "log" | "metrics">, incidents: Incidents) {
    this.#log = log;
    this.#incidents = incidents;
    this.#counter = metrics.counter(CORE.refused);
  }

  /** What came is refused before it was a request; answers the id that the client is told. */
  note(error: GatewayError, peerAddress: string): string {
    const requestId = crypto.randomUUID();
    const { code, source, detail } = error;
    // What is internal has failed behind a request, which is counted when it ends.
    if (code !== "internal") {
      this.#counter.with(code).inc();
      this.#incidents.noteRefused(error, requestId, peerAddress);
    }
    const fields = { requestId, client: peerAddress, code, source, detail };
    if (source === "internal") this.#log.error("request failed", { ...fields, error });
    else this.#log.info("request refused", fields);
    return requestId;
  }

  /** The client is told nothing of the cause, so the log must be. Overload is no fault and comes in floods. */
  noteInternal(ctx: Context): void {
    if (ctx.error?.code !== "internal") return;
    const { requestId, route, service, error } = ctx;
    const stack = error.cause instanceof Error ? error.cause.stack : undefined;
    const fields = { requestId, route: route?.name, service, error, stack };
    this.#log.error("a request failed inside the gateway", fields);
  }
}
