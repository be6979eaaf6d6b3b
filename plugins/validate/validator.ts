import {
  type Context,
  contextKey,
  type Documented,
  type DriftKind,
  type ErrorDetail,
  GatewayError,
  type OperationTable,
  type Reply,
  type Scope,
  seldom,
} from "../../src/plugin.ts";
import type { CompiledOperation } from "./compiled.ts";
import { anonymousPath } from "./drift.ts";
import { createMetrics, type ValidateMetrics } from "./metrics.ts";
import type { ValidateOptions } from "./options.ts";
import { enforce, type OnChecked, observe, unknownNames } from "./requests.ts";
import { observeReply } from "./responses.ts";
import type { Shared } from "./shared.ts";

/** What the document says of a request, for its reply. */
interface Known {
  readonly documented: Documented;
  readonly compiled: CompiledOperation | undefined;
}

const KNOWN = contextKey<Known>("documented operation");
/** Faults in one line of the log. */
const MOST_LOGGED = 5;
const LOG_EVERY_MS = 1_000;
/** Answers that say themselves that there is no such path or method. */
const NOT_THERE = new Set([404, 405, 410, 501]);

/** Holds the requests of one route to one service, and its replies, against the document. */
export class Validator {
  readonly #options: ValidateOptions;
  readonly #scope: Scope;
  readonly #shared: Shared;
  readonly #own: OperationTable | undefined;
  readonly #metrics: ValidateMetrics;
  readonly #service: string;
  readonly #logRequest: ReturnType<typeof seldom>;
  readonly #logReply: ReturnType<typeof seldom>;

  /** @param own the document that the options name */
  constructor(options: ValidateOptions, scope: Scope, shared: Shared, own: OperationTable | undefined) {
    this.#options = options;
    this.#scope = scope;
    this.#shared = shared;
    this.#own = own;
    this.#service = scope.service ?? "";
    this.#metrics = createMetrics(scope.metrics, scope.route?.name ?? "", this.#service);
    this.#logRequest = seldom(LOG_EVERY_MS, scope.now);
    this.#logReply = seldom(LOG_EVERY_MS, scope.now);
    // Large documents are read before the first request needs them.
    if (own === undefined) void scope.operationsReady;
  }

  /** The request as the service would get it, on its way in. */
  request(ctx: Context): undefined | Promise<undefined> {
    const table = this.#own ?? this.#scope.operations;
    if (table === undefined) {
      const ready = this.#scope.operationsReady;
      if (ready !== undefined) return ready.then(() => this.request(ctx));
      this.#metrics.requests("unchecked").inc();
      return undefined;
    }
    const documented = table.find(ctx.request.method, ctx.upstreamPath);
    const isOperation = documented.kind === "operation";
    const compiled = isOperation ? this.#shared.compiled.of(documented.operation) : undefined;
    ctx.set(KNOWN, { documented, compiled });
    if (compiled === undefined || !isOperation) return this.#undocumented(documented);
    const { requests, "max-body": maxBody } = this.#options;
    if (requests === "off") return undefined;
    if (requests === "enforce") return this.#enforce(ctx, compiled, documented.params, maxBody);
    observe(ctx, compiled, documented.params, maxBody, this.#onRequest(ctx, compiled));
    return undefined;
  }

  #enforce(ctx: Context, compiled: CompiledOperation, params: ReadonlyMap<string, string>, maxBody: number) {
    try {
      const later = enforce(ctx, compiled, params, maxBody);
      if (later === undefined) {
        this.#metrics.requests("valid").inc();
        return undefined;
      }
      return later.then(
        () => {
          this.#metrics.requests("valid").inc();
          return undefined;
        },
        (error: unknown) => this.#refused(error),
      );
    } catch (error) {
      return this.#refused(error);
    }
  }

  #refused(error: unknown): never {
    this.#metrics.requests("invalid").inc();
    throw error;
  }

  #undocumented(documented: Documented): undefined {
    const { requests, undocumented } = this.#options;
    const isRefused = requests === "enforce" && undocumented === "refuse";
    if (requests !== "off") this.#metrics.requests(isRefused ? "invalid" : "unchecked").inc();
    if (!isRefused) return undefined;
    if (documented.kind !== "method-unknown") {
      throw new GatewayError("route_not_found", { detail: "The service documents no such path" });
    }
    throw new GatewayError("method_not_allowed", { headers: { allow: documented.methods.join(", ") } });
  }

  #onRequest(ctx: Context, { name }: CompiledOperation): OnChecked {
    return (errors) => {
      this.#metrics.requests(resultOf(errors)).inc();
      if (errors === undefined || errors.length === 0) return;
      this.#logRequest(() => this.#scope.log.warn("a request is not as documented", this.#fieldsOf(ctx, name, errors)));
    };
  }

  /** The service's reply, which passes as it is. */
  reply(ctx: Context, reply: Reply): Reply {
    const known = ctx.get(KNOWN);
    // What the gateway answers itself is no matter of the service's document.
    if (known === undefined || ctx.error !== undefined || ctx.upstreamRepliedAt === 0) return reply;
    const { documented, compiled } = known;
    if (compiled === undefined) {
      this.#noteUndocumented(ctx, documented, reply.status);
      return reply;
    }
    if (reply.status < 400) {
      for (const name of unknownNames(compiled, ctx.upstreamQuery)) {
        this.#note("parameter", `${compiled.name} ?${name.slice(0, 64)}`);
      }
    }
    if (reply.status === 101) return reply;
    const description = compiled.replies(reply.status);
    if (description === undefined) this.#note("status", `${compiled.name} ${reply.status}`);
    const { responses, sample, "max-body": maxBody } = this.#options;
    if (responses === "off" || description === undefined || Math.random() >= sample) return reply;
    observeReply(reply, ctx.request.method, description, maxBody, (errors) => {
      this.#metrics.responses(resultOf(errors)).inc();
      if (errors === undefined || errors.length === 0) return;
      const operation = `${compiled.name} ${reply.status}`;
      this.#logReply(() =>
        this.#scope.log.warn("a reply is not as documented", this.#fieldsOf(ctx, operation, errors)),
      );
    });
    return reply;
  }

  #noteUndocumented({ request, upstreamPath }: Context, documented: Documented, status: number): void {
    if (NOT_THERE.has(status) || request.method === "OPTIONS") return;
    if (documented.kind === "method-unknown") this.#note("method", `${request.method} ${documented.path}`);
    else this.#note("path", `${request.method} ${anonymousPath(upstreamPath)}`);
  }

  #note(kind: DriftKind, what: string): void {
    this.#metrics.drift(kind).inc();
    this.#scope.drift.note(this.#service, kind, what);
  }

  #fieldsOf(ctx: Context, operation: string, errors: readonly ErrorDetail[]) {
    return {
      route: this.#scope.route?.name,
      service: this.#service,
      operation,
      requestId: ctx.requestId,
      errors: errors.slice(0, MOST_LOGGED).map(textOf),
    };
  }
}

function resultOf(errors: readonly ErrorDetail[] | undefined) {
  if (errors === undefined) return "unchecked";
  return errors.length === 0 ? "valid" : "invalid";
}

/** One line of text: `query limit: must be integer`. */
function textOf({ parameter, in: where, pointer, detail }: ErrorDetail): string {
  const place = parameter === undefined ? (pointer ?? "") : `${where} ${parameter}${pointer ?? ""}`;
  return place === "" ? detail : `${place}: ${detail}`;
}
