import type { Context } from "./context.ts";
import {
  type Answer,
  type FilterReceiver,
  PendingFilter,
  type PendingReply,
  type ReplyReceiver,
} from "./message/pending.ts";
import { Reply } from "./message/reply.ts";
import { type Awaitable, type CheckedFilter, type Filter, type FilterAnswer, PendingCheck } from "./plugin.ts";

/** A filter at its place. */
export interface Step {
  readonly filter: Filter;
  /** What runs instead where the filter before it has left a check. */
  readonly withCheck: CheckedFilter | undefined;
}

/** What a request goes through, composed at load. */
export interface Way {
  readonly steps: readonly Step[];
  readonly handler: (ctx: Context) => Answer;
  /** Makes of a reply the one that is sent; it never throws. Undefined where nobody changes it. */
  readonly respond: ((ctx: Context, reply: Reply) => Awaitable<Reply>) | undefined;
}

/** Sends a request on its way. What need not wait costs nothing, and what has to, one object. */
export function setOut(way: Way, ctx: Context): Answer {
  const answer = proceed(way, ctx, 0, undefined);
  const { respond } = way;
  if (respond === undefined || answer instanceof Journey) return answer;
  if (answer instanceof Reply) return respond(ctx, answer);
  return new Journey(way, ctx).waitForReply(answer);
}

/** Runs the filters from one on, then the handler. Answers the journey where a filter has to be waited for. */
function proceed(way: Way, ctx: Context, from: number, journey: Journey | undefined): Answer {
  const { steps } = way;
  for (let i = from; i < steps.length; i++) {
    let answer = (steps[i] as Step).filter(ctx);
    if (answer instanceof PendingCheck) {
      const withCheck = steps[i + 1]?.withCheck;
      if (withCheck !== undefined) {
        answer = withCheck(ctx, answer);
        i++;
      }
    }
    if (answer instanceof PendingFilter || answer instanceof Promise)
      return (journey ?? new Journey(way, ctx)).waitForFilter(answer, i + 1);
    if (answer !== undefined) return checkedReply(answer);
    if (ctx.error !== undefined) throw ctx.error;
  }
  return way.handler(ctx);
}

/** A request that has to wait, for filters or for its reply, and the answer to it: one object for all its waits. */
class Journey implements PendingReply, ReplyReceiver, FilterReceiver {
  readonly #way: Way;
  readonly #ctx: Context;
  #next = 0;
  #receiver: ReplyReceiver | undefined = undefined;

  constructor(way: Way, ctx: Context) {
    this.#way = way;
    this.#ctx = ctx;
  }

  deliverTo(receiver: ReplyReceiver): void {
    this.#receiver = receiver;
  }

  /** @param next the filter after it */
  waitForFilter(pending: PendingFilter | Promise<FilterAnswer>, next: number): this {
    this.#next = next;
    if (pending instanceof PendingFilter) pending.deliverTo(this);
    else
      pending.then(
        (answer) => this.#onAnswer(answer),
        (error: unknown) => this.onFailure(error),
      );
    return this;
  }

  waitForReply(answer: Exclude<Answer, Reply>): this {
    if (answer instanceof Promise)
      answer.then(
        (reply) => this.onReply(reply),
        (error: unknown) => this.onFailure(error),
      );
    else answer.deliverTo(this);
    return this;
  }

  onPass(): void {
    this.#onAnswer(undefined);
  }

  onReply(reply: Reply): void {
    const { respond } = this.#way;
    const answer = respond === undefined ? reply : respond(this.#ctx, reply);
    if (answer instanceof Promise) answer.then((changed) => this.#receiver?.onReply(changed));
    else this.#receiver?.onReply(answer);
  }

  onFailure(error: unknown): void {
    this.#receiver?.onFailure(error);
  }

  #onAnswer(filtered: FilterAnswer): void {
    let answer: Answer;
    try {
      answer = filtered === undefined ? this.#goOn() : checkedReply(filtered);
    } catch (error) {
      return this.onFailure(error);
    }
    if (answer === this) return;
    if (answer instanceof Reply) this.onReply(answer);
    else this.waitForReply(answer);
  }

  #goOn(): Answer {
    const { error } = this.#ctx;
    if (error !== undefined) throw error;
    return proceed(this.#way, this.#ctx, this.#next, this);
  }
}

/** What a plugin has answered with, if it can be sent; throws TypeError if it cannot. */
export function checkedReply(answer: unknown): Reply {
  const reply = answer instanceof Response ? Reply.from(answer) : answer;
  if (!(reply instanceof Reply)) throw new TypeError(`a plugin has answered with ${typeof reply} instead of a reply`);
  if (reply.upgraded !== undefined && reply.status === 101) return reply;
  // Interim statuses are no replies (RFC 9110 §15.2), and a switched connection cannot carry another.
  const isFinal = Number.isInteger(reply.status) && reply.status >= 200 && reply.status <= 599;
  if (isFinal && reply.upgraded === undefined) return reply;
  throw new TypeError(`a plugin has answered with the status ${reply.status}`);
}
