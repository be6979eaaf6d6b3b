import type { Logger } from "../../observe/logger.ts";
import { backOffMs, type Clock } from "./clock.ts";
import type { Membership, MembershipChange } from "./membership.ts";
import type { FoundTarget, Source, SourceSink } from "./source.ts";

/** A failure that comes and goes is logged so often, at most. */
const LOG_AGAIN_MS = 60_000;
/** Targets that one log line names. */
const MAX_NAMED = 20;

/** What the admin port tells of the discovery of a service. */
export interface DiscoveryReport {
  readonly source: string;
  /** Of the latest answer, in ms since 1970; undefined before the first. */
  readonly lastSuccess: number | undefined;
  /** Why there is no newer answer; undefined while all is well. */
  readonly lastError: { readonly message: string; readonly at: number } | undefined;
  /** Targets that are gone, with requests still under way. */
  readonly draining: number;
}

export interface DiscoveryOptions {
  readonly service: string;
  readonly source: Source;
  readonly members: Membership;
  /** Called when the targets or their weights have changed. */
  onChange(): void;
  readonly log: Logger;
  readonly clock: Clock;
}

/** Follows the source of one service's targets for as long as the service lives. */
export class Discovery implements SourceSink {
  readonly #options: DiscoveryOptions;
  readonly #log: Logger;
  readonly #abort = new AbortController();
  readonly #first = Promise.withResolvers<void>();
  #failures = 0;
  #lastSuccess: number | undefined = undefined;
  #lastError: DiscoveryReport["lastError"] = undefined;
  #logged: { readonly message: string; readonly at: number } | undefined = undefined;
  #isFailureLogged = false;
  #ignored = 0;

  constructor(options: DiscoveryOptions) {
    this.#options = options;
    this.#log = options.log.with({ service: options.service, source: options.source.label });
  }

  get report(): DiscoveryReport {
    const { source, members } = this.#options;
    const { draining } = members;
    return { source: source.label, lastSuccess: this.#lastSuccess, lastError: this.#lastError, draining };
  }

  /** Begins. Resolves with the first answer or the first failure; never rejects. */
  start(): Promise<void> {
    void this.#run();
    return this.#first.promise;
  }

  /** Nothing is told or tried any more. */
  stop(): void {
    this.#abort.abort();
    this.#first.resolve();
  }

  found(targets: readonly FoundTarget[]): void {
    if (this.#abort.signal.aborted) return;
    const { members, clock } = this.#options;
    const change = members.replace(targets);
    this.#failures = 0;
    this.#lastSuccess = clock.now();
    this.#lastError = undefined;
    if (this.#isFailureLogged) this.#log.info("targets are discovered again");
    this.#isFailureLogged = false;
    if (isChange(change)) this.#options.onChange();
    this.#logChange(change);
    this.#first.resolve();
  }

  failed(error: unknown): void {
    if (this.#abort.signal.aborted) return;
    const at = this.#options.clock.now();
    const message = error instanceof Error ? error.message : String(error);
    this.#lastError = { message, at };
    if (this.#logged?.message !== message || at - this.#logged.at >= LOG_AGAIN_MS) {
      this.#logged = { message, at };
      this.#isFailureLogged = true;
      this.#log.warn("targets cannot be discovered: the old ones stay", { reason: message });
    }
    this.#first.resolve();
  }

  async #run(): Promise<void> {
    const { source, clock } = this.#options;
    const { signal } = this.#abort;
    while (!signal.aborted) {
      try {
        await source.follow(this, signal);
      } catch (error) {
        this.failed(error);
      }
      this.#failures++;
      await clock.sleep(backOffMs(this.#failures, clock.random), signal);
    }
  }

  #logChange(change: MembershipChange): void {
    const { added, removed, reweighted, ignored } = change;
    if (isChange(change)) {
      const targets = this.#options.members.targets.length;
      const fields = { added: named(added), removed: named(removed), reweighted: named(reweighted), targets };
      this.#log.info("targets changed", fields);
    }
    if (ignored > 0 && ignored !== this.#ignored) {
      this.#log.warn("more targets than are used were discovered", { ignored });
    }
    this.#ignored = ignored;
  }
}

function isChange({ added, removed, reweighted }: MembershipChange): boolean {
  return added.length + removed.length + reweighted.length > 0;
}

function named(urls: readonly string[]): readonly string[] | undefined {
  if (urls.length === 0) return undefined;
  if (urls.length <= MAX_NAMED) return urls;
  return [...urls.slice(0, MAX_NAMED), `and ${urls.length - MAX_NAMED} more`];
}
