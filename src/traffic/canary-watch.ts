import type { Logger } from "../observe/logger.ts";
import type { Store } from "../store/store.ts";
import type { Canary } from "./canary.ts";
import { readRecord } from "./canary-record.ts";

const EVERY_MS = 1_000;
/** A run that no gateway takes part in any more is forgotten. */
const KEPT_MS = 3_600_000;
/** Written anew so often that it is not forgotten while there is one. */
const RENEWED_MS = 60_000;

/** Where a canary runs. */
export interface CanaryPlace {
  readonly route: string;
  readonly service: string;
  /** The same on every gateway with the same configuration of it, and on no other. */
  readonly key: string;
}

/**
 * Looks at a canary once a second until the signal aborts, and keeps it the same on all gateways that share a store. Without
 * the store, each goes on by itself.
 */
export class CanaryWatch {
  readonly #canary: Canary;
  readonly #place: CanaryPlace;
  readonly #store: Store;
  readonly #log: Logger;
  #written = "";
  #writtenAt = Number.NEGATIVE_INFINITY;
  #isCut = false;

  constructor(canary: Canary, place: CanaryPlace, store: Store, log: Logger) {
    this.#canary = canary;
    this.#place = place;
    this.#store = store;
    this.#log = log;
  }

  /** Resolves with the first look: it is known then whether others have stopped it. */
  start(signal: AbortSignal): Promise<void> {
    let isBusy = false;
    const look = async () => {
      if (isBusy) return;
      isBusy = true;
      await this.look();
      isBusy = false;
    };
    const timer = setInterval(() => void look(), EVERY_MS);
    timer.unref();
    signal.addEventListener("abort", () => clearInterval(timer), { once: true });
    return look();
  }

  /** One look; never rejects. */
  async look(): Promise<void> {
    const { route, service } = this.#place;
    const { share } = this.#canary;
    const reason = this.#canary.tick();
    if (reason !== undefined) this.#log.warn("a canary was stopped", { route, service, reason });
    else if (this.#canary.share > share) {
      this.#log.info("a canary gets more requests", { route, service, share: this.#canary.share });
    }
    try {
      await this.#agree();
      this.#isCut = false;
    } catch (error) {
      if (!this.#isCut) this.#log.warn("gateways cannot agree on a canary", { route, service, error });
      this.#isCut = true;
    }
  }

  async #agree(): Promise<void> {
    const { key, route, service } = this.#place;
    const before = this.#canary.record;
    const known = readRecord(await this.#store.get(key));
    if (known !== undefined) this.#canary.adopt(known);
    const { record } = this.#canary;
    if (before.stoppedAt === undefined && record.stoppedAt !== undefined) {
      this.#log.warn("a canary was stopped", { route, service, reason: record.reason });
    } else if (record.order !== undefined && record.order.number !== before.order?.number) {
      this.#log.info("a canary goes by what was decided at another gateway", {
        route,
        service,
        state: record.order.state,
      });
    }
    const text = JSON.stringify(record);
    const isCurrent = text === this.#written && performance.now() - this.#writtenAt < RENEWED_MS;
    if (isCurrent && known !== undefined) return;
    await this.#store.set(key, text, { ttlMs: KEPT_MS });
    this.#written = text;
    this.#writtenAt = performance.now();
  }
}
