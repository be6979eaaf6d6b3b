import type { Config } from "../../config/schema.ts";
import type { OpenApiConfig } from "../../config/schema-openapi.ts";
import type { Logger } from "../../observe/logger.ts";
import type { MergeJob, MergeResult } from "../job.ts";
import type { RoutePolicies } from "../policy/route-policy.ts";
import { mergeInThread } from "../thread.ts";
import type { ServiceDocument } from "./service-document.ts";

export interface MergerOptions {
  readonly openapi: OpenApiConfig;
  readonly config: Pick<Config, "services" | "routes">;
  readonly policies: RoutePolicies;
  /** Wall-clock time in ms since 1970. */
  now(): number;
  /** In a thread, unless told. */
  readonly merge?: typeof mergeInThread;
}

/** How the latest merges have gone. */
export interface MergeOutcome {
  readonly result: MergeResult | undefined;
  /** When that was made, in ms since 1970, and how long it took. */
  readonly merged: { readonly at: number; readonly ms: number } | undefined;
  /** Why the last one has failed; the result is of an earlier one then. */
  readonly error: string | undefined;
}

/** Merges the documents of all services as they are at the moment, and finds out which of them brings a merge down. */
export class Merger {
  readonly #options: MergerOptions;
  readonly #services: readonly ServiceDocument[];
  readonly #log: Logger;
  readonly #signal: AbortSignal;
  readonly #take: (result: MergeResult) => Promise<void>;
  #outcome: MergeOutcome = { result: undefined, merged: undefined, error: undefined };
  #last: Promise<void> = Promise.resolve();
  /** A merge has failed: fresh documents go into the next ones singly. */
  #isCautious = false;

  /** @param take is handed each result, and waited for before the next merge */
  constructor(
    options: MergerOptions,
    services: readonly ServiceDocument[],
    log: Logger,
    signal: AbortSignal,
    take: (result: MergeResult) => Promise<void>,
  ) {
    this.#options = options;
    this.#services = services;
    this.#log = log;
    this.#signal = signal;
    this.#take = take;
  }

  get outcome(): MergeOutcome {
    return this.#outcome;
  }

  /** Another process has merged the same documents. */
  adopt(outcome: MergeOutcome): void {
    this.#outcome = outcome;
  }

  /** One after the other, so that the latest is made of the latest. Never rejects. */
  merge(): Promise<void> {
    this.#last = this.#last.then(() => this.#mergeNow());
    return this.#last;
  }

  async #mergeNow(): Promise<void> {
    const { merge = mergeInThread, now } = this.#options;
    const startedAt = performance.now();
    try {
      const result = await merge(this.#job(), this.#signal);
      const ms = Math.round(performance.now() - startedAt);
      this.#outcome = { result, merged: { at: now(), ms }, error: undefined };
      const paths = result.documents[0]?.paths ?? 0;
      this.#log.info("the documents of the services are merged", { paths, lines: result.lines.length, durationMs: ms });
      await this.#take(result);
      if (!this.#services.some(({ isChanged }) => isChanged)) this.#isCautious = false;
    } catch (error) {
      if (this.#signal.aborted) return;
      this.#blame();
      const reason = error instanceof Error ? error.message : String(error);
      this.#outcome = { ...this.#outcome, error: reason };
      this.#log.error("the documents of the services cannot be merged", { reason });
    }
  }

  /** What brings the merge down is found by merging the fresh documents one by one, when they have come again. */
  #blame(): void {
    const suspects = this.#services.filter(({ isInMerge }) => isInMerge);
    for (const one of suspects) one.giveUp(suspects.length === 1, this.#options.now());
    this.#isCautious = suspects.length > 0;
  }

  #job(): MergeJob {
    const { openapi, config, policies } = this.#options;
    const next = this.#services.find(({ isChanged }) => isChanged);
    return {
      title: openapi.title,
      version: openapi.version,
      routes: config.routes,
      hidden: Object.entries(config.services).flatMap(([name, { openapi: own }]) => (own === false ? [name] : [])),
      policies,
      audiences: openapi.documents,
      sources: this.#services.map((one) => one.toSource(!this.#isCautious || one === next)),
    };
  }
}
