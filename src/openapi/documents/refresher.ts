import type { Logger } from "../../observe/logger.ts";
import { pause } from "../../pause.ts";
import type { MergeResult } from "../job.ts";
import { DocumentFaults } from "./faults.ts";
import type { KeptDocuments } from "./kept.ts";
import { type MergeOutcome, Merger, type MergerOptions } from "./merger.ts";
import { RefreshPace } from "./refresh-pace.ts";
import type { ServiceDocument } from "./service-document.ts";

/** A first document is not kept back longer for services that are slow. */
const FIRST_MS = 1_000;
/** Services that are asked at the same time. */
const AT_ONCE = 4;

/** Who is told what comes of it. */
export interface RefreshOwner {
  /** There is something new to publish. */
  onResult(result: MergeResult): void;
  /** A service has another copy that is in use. */
  onKept(service: ServiceDocument): void;
  /** All of it may have changed. */
  onRefreshed(): Promise<void>;
}

/** Asks the services for their documents again and again, merges what has changed, and keeps what has proved good. */
export class Refresher {
  readonly #options: MergerOptions;
  readonly #services: readonly ServiceDocument[];
  readonly #kept: KeptDocuments | undefined;
  readonly #signal: AbortSignal;
  readonly #owner: RefreshOwner;
  readonly #faults: DocumentFaults;
  readonly #pace: RefreshPace;
  readonly #merger: Merger;
  #cycle: Promise<void> | undefined = undefined;

  /** @param kept undefined: copies are kept in memory alone */
  constructor(
    options: MergerOptions & { readonly log: Logger },
    services: readonly ServiceDocument[],
    kept: KeptDocuments | undefined,
    signal: AbortSignal,
    owner: RefreshOwner,
  ) {
    this.#options = options;
    this.#services = services;
    this.#kept = kept;
    this.#signal = signal;
    this.#owner = owner;
    this.#faults = new DocumentFaults(options.log);
    this.#pace = new RefreshPace(options.openapi.refresh);
    this.#merger = new Merger(options, services, options.log, signal, (result) => this.#take(result));
  }

  get outcome(): MergeOutcome {
    return this.#merger.outcome;
  }

  /** Another process has merged them. */
  adopt(outcome: MergeOutcome): void {
    this.#merger.adopt(outcome);
  }

  /** Asks all services now, and merges what has changed. A call while this is under way joins it. Never rejects. */
  refresh(): Promise<void> {
    this.#cycle ??= this.#ask()
      .then(() => this.#mergeChanges())
      .finally(() => {
        this.#cycle = undefined;
      });
    return this.#cycle;
  }

  /** Goes on until the signal aborts. */
  async follow(): Promise<void> {
    const signal = this.#signal;
    await Promise.all(this.#services.map((one) => this.#restore(one)));
    const first = this.refresh();
    const early = Promise.withResolvers<void>();
    const timer = setTimeout(early.resolve, FIRST_MS);
    await Promise.race([first, early.promise]);
    clearTimeout(timer);
    if (this.outcome.result === undefined && !signal.aborted) {
      await this.#merger.merge();
      await this.#owner.onRefreshed();
    }
    await first;
    while (!signal.aborted) {
      await pause(this.#pace.next(this.#isFailing()), signal);
      if (!signal.aborted) await this.refresh();
    }
  }

  async #restore(one: ServiceDocument): Promise<void> {
    const kept = await this.#kept?.load(one.service, one.location);
    if (kept === undefined) {
      // The embedded store of a process that takes over from another one is empty.
      if (one.kept !== undefined) await this.#kept?.save(one.service, one.location, one.kept);
      return;
    }
    one.restore(kept);
    this.#owner.onKept(one);
  }

  #isFailing(): boolean {
    return this.#merger.outcome.error !== undefined || this.#services.some(({ error }) => error !== undefined);
  }

  async #ask(): Promise<void> {
    const { openapi, now } = this.#options;
    const bounds = { maxBytes: openapi["max-bytes"], timeoutMs: openapi.timeout, signal: this.#signal };
    const left = [...this.#services];
    const askNext = async () => {
      for (let one = left.shift(); one !== undefined; one = left.shift()) await one.fetch(bounds, now);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, askNext));
  }

  async #mergeChanges(): Promise<void> {
    if (this.#signal.aborted) return;
    const { result, error } = this.#merger.outcome;
    let isDue = result === undefined || error !== undefined;
    for (let turn = 0; turn <= this.#services.length; turn++) {
      if (!isDue && !this.#services.some(({ isChanged }) => isChanged)) break;
      await this.#merger.merge();
      isDue = false;
    }
    this.#faults.tell(this.#services);
    await this.#owner.onRefreshed();
    for (const one of this.#services) {
      if (one.kept !== undefined) await this.#kept?.renew(one.service, one.location, one.kept);
    }
  }

  /** Publishes what was merged, and keeps the documents that have proved good. */
  async #take(result: MergeResult): Promise<void> {
    this.#owner.onResult(result);
    for (const one of this.#services) {
      const verdict = result.sources.find(({ service }) => service === one.service);
      const kept = verdict === undefined ? undefined : one.settle(verdict, this.#options.now());
      if (kept === undefined) continue;
      this.#owner.onKept(one);
      await this.#kept?.save(one.service, one.location, kept);
    }
  }
}
