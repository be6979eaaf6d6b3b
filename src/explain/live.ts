import type { ListenConfig } from "../config/schema.ts";
import type { Outcome } from "../context/outcome.ts";
import { Context } from "../context.ts";
import { Body } from "../message/body.ts";
import { awaitable } from "../message/pending.ts";
import type { Reply } from "../message/reply.ts";
import type { GatewayRequest } from "../message/request.ts";
import type { Logger } from "../observe/logger.ts";
import type { Pipeline } from "../pipeline.ts";
import type { Awaitable } from "../plugin.ts";
import type { Snapshot } from "../snapshot.ts";
import type { ExplanationSummary, Follower } from "../trail/follower.ts";
import { TRAIL, Trail } from "../trail/trail.ts";
import { explain } from "./explain.ts";
import type { Explanations } from "./explanations.ts";
import { happenedOf, type LiveReport, withoutCredentials } from "./live-report.ts";
import type { Places } from "./places.ts";
import { EXPLAIN_HEADER, EXPLANATION_HEADER, type Signatures } from "./signature.ts";

export interface LiveOptions {
  readonly signatures: Signatures;
  /** It outlives reloads. */
  readonly explanations: Explanations;
  readonly log: Logger;
  /** Wall-clock time in ms since 1970. */
  now(): number;
  snapshot(): Snapshot;
}

/** Routes that a report tells of: the one that took the request, and the nearest. */
const MOST_CANDIDATES = 50;
/** The process that serves knows what is configured, and not where it is written. */
const NOWHERE: Places = { entryOf: () => undefined, placeOf: () => undefined };

/** Follows the requests that are signed for it, and keeps what has become of each. */
export class LiveExplain implements Follower<LiveReport> {
  readonly #options: LiveOptions;

  constructor(options: LiveOptions) {
    this.#options = options;
  }

  follow(ctx: Context, way: Pipeline): Pipeline {
    const { request } = ctx;
    const { headers } = request;
    if (!headers.has(EXPLAIN_HEADER)) return way;
    const value = headers.get(EXPLAIN_HEADER) ?? "";
    headers.delete(EXPLAIN_HEADER);
    const { signatures, now } = this.#options;
    if (way.recorded === undefined || !signatures.take(value, request, now())) return way;
    const followed = this.#followed(ctx, way.recorded());
    ctx.pipeline = followed;
    return followed;
  }

  list(): readonly ExplanationSummary[] {
    return this.#options.explanations.list();
  }

  find(id: string): LiveReport | undefined {
    return this.#options.explanations.find(id);
  }

  #followed(ctx: Context, way: Pipeline): Pipeline {
    const { explanations, now } = this.#options;
    const id = crypto.randomUUID();
    const trail = new Trail(ctx.startedAt);
    // Plugins change the request on its way: what is explained is what has come.
    const came = copyOf(ctx.request);
    explanations.begin(id, new Date(now()).toISOString(), ctx.request);
    ctx.set(TRAIL, trail);
    const tell = (reply: Reply): Reply => {
      reply.headers.set(EXPLANATION_HEADER, id);
      return reply;
    };
    return {
      ...way,
      handle: (asked) => then(awaitable(way.handle(asked)), tell),
      fail: (failed, error) => then(way.fail(failed, error), tell),
      finish: (ended, outcome) => {
        this.#finish(id, ended, outcome, trail, came);
        way.finish(ended, outcome);
      },
    };
  }

  #finish(id: string, ctx: Context, outcome: Outcome, trail: Trail, came: GatewayRequest): void {
    const { explanations, log, snapshot } = this.#options;
    explanations.put(id, { happened: withoutCredentials(happenedOf(ctx, outcome, trail)) });
    const current = snapshot();
    // Which of several listeners it came by is not known here.
    const [listen, ...others] = current.config.listen as readonly [ListenConfig, ...ListenConfig[]];
    explain(new Context(came, performance.now()), current, listen, NOWHERE).then(
      ({ candidates, timeouts, plugins, ...report }) => {
        const explained = {
          ...report,
          candidates: candidates.slice(0, MOST_CANDIDATES),
          plugins: plugins.map((plugin) => ({ ...plugin, options: [] })),
          timeouts: others.length === 0 ? timeouts : withoutListener(timeouts),
        };
        explanations.put(id, { explained: withoutCredentials(explained) });
      },
      (error: unknown) => log.error("a request could not be explained", { requestId: ctx.requestId, error }),
    );
  }
}

function then(reply: Awaitable<Reply>, next: (reply: Reply) => Reply): Awaitable<Reply> {
  return reply instanceof Promise ? reply.then(next) : next(reply);
}

function withoutListener(timeouts: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(timeouts).filter(([name]) => !name.startsWith("listen.")));
}

/** The same request, with a body of the same length that never comes. */
function copyOf(request: GatewayRequest): GatewayRequest {
  const { body, headers } = request;
  const nothing = () => {};
  const unread = { length: body.length, start: nothing, resume: nothing, cancel: nothing };
  return { ...request, headers: headers.copy(), body: body.isEmpty ? Body.empty : Body.from(unread) };
}
