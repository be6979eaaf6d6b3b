import { type ContextKey, contextKey } from "../context/key.ts";
import type { Context } from "../context.ts";
import { GatewayError } from "../errors.ts";
import type { Reply } from "../message/reply.ts";
import { errorFields } from "../observe/error-fields.ts";

/** Entries of one trail, at most, and as many attempts: a plugin may do things again and again. */
const MOST_ENTRIES = 200;

/** What became of a request at one place of its way. */
export interface Ending {
  /**
   * "passed": the request, or a reply, went on; "answered": the reply was made here; "refused": by an error of a known code;
   * "failed": by any other; "pending": it had not ended when the request had.
   */
  result: "passed" | "answered" | "refused" | "failed" | "pending";
  /** Of the reply, or of the error. */
  status?: number;
  code?: string;
  /** Why, with causes; for the admin port alone. */
  reason?: string;
}

/** A plugin that has run in one phase. */
export interface TrailStep extends Ending {
  readonly plugin: string;
  readonly phase: string;
  /** Since the request had come, in ms. */
  readonly atMs: number;
  ms?: number;
  /** Of a layer: how often it sent the request on. */
  calls?: number;
  /** Of the phase `cache`: what the reply's Cache-Status says (RFC 9211). */
  cacheStatus?: string;
}

/** One attempt at one target. */
export interface TrailAttempt extends Ending {
  readonly service: string | undefined;
  readonly target: string | undefined;
  readonly path: string;
  readonly query: string | undefined;
  /** Since the request had come, in ms. */
  readonly atMs: number;
  /** To the reply's head, or the failure. */
  ms?: number;
}

/** What happens to one request, noted as it happens. */
export class Trail {
  readonly steps: TrailStep[] = [];
  readonly attempts: TrailAttempt[] = [];
  readonly #startedAt: number;
  readonly #calls = new Map<string, number>();

  /** @param startedAt of the request, on the clock of `performance.now()` */
  constructor(startedAt: number) {
    this.#startedAt = startedAt;
  }

  get ms(): number {
    return Math.round((performance.now() - this.#startedAt) * 1_000) / 1_000;
  }

  beginStep(plugin: string, phase: string): TrailStep {
    const step: TrailStep = { plugin, phase, atMs: this.ms, result: "pending" };
    if (this.steps.length < MOST_ENTRIES) this.steps.push(step);
    return step;
  }

  beginAttempt({ service, target, upstreamPath: path, upstreamQuery: query }: Context): TrailAttempt {
    const attempt: TrailAttempt = { service, target, path, query, atMs: this.ms, result: "pending" };
    if (this.attempts.length < MOST_ENTRIES) this.attempts.push(attempt);
    return attempt;
  }

  /** It has ended well; `reply` is what it answered with, if it did. */
  end(entry: TrailStep | TrailAttempt, result: Ending["result"], reply?: Reply): void {
    entry.ms = this.#since(entry);
    entry.result = result;
    if (reply !== undefined) entry.status = reply.status;
  }

  fail(entry: TrailStep | TrailAttempt, error: unknown): void {
    entry.ms = this.#since(entry);
    entry.result = error instanceof GatewayError && error.code !== "internal" ? "refused" : "failed";
    if (error instanceof GatewayError) Object.assign(entry, { status: error.status, code: error.code });
    entry.reason = reasonOf(error);
  }

  /** A layer has sent the request on. */
  pass(layer: string): void {
    this.#calls.set(layer, this.calls(layer) + 1);
  }

  calls(layer: string): number {
    return this.#calls.get(layer) ?? 0;
  }

  #since({ atMs }: { readonly atMs: number }): number {
    return Math.round((this.ms - atMs) * 1_000) / 1_000;
  }
}

/** Under which a request has its trail; most have none. */
export const TRAIL: ContextKey<Trail> = contextKey<Trail>("trail");

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { message, cause } = errorFields(error, false);
  return cause === undefined ? String(message) : `${message} < ${cause}`;
}
