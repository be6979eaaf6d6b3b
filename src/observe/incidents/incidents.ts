import type { Outcome } from "../../context/outcome.ts";
import type { Context, Principal } from "../../context.ts";
import { type ErrorCode, type ErrorSource, GatewayError, systemCode } from "../../errors.ts";
import { LimitedClients, type LimitedReport } from "./limited.ts";
import { Ring } from "./ring.ts";

/** A request that has failed, or was refused. */
export interface RecentError {
  /** In ms since 1970. */
  readonly at: number;
  readonly requestId: string;
  readonly client: string;
  /** Who was calling, if that is known: `jwt:alice`. */
  readonly principal?: string | undefined;
  /** Empty, as the path is, for what was no proper request. */
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly route?: string | undefined;
  readonly service?: string | undefined;
  readonly target?: string | undefined;
  readonly status: number;
  /** `upstream_status`: the service itself has answered so. */
  readonly code: ErrorCode | "upstream_status";
  readonly source: ErrorSource;
  /** The reason, for people. */
  readonly detail: string;
  readonly worker?: number;
}

/** Those that clients have caused, and all others: a flood of the ones does not wash the others away. */
const CAPACITY = 250;
/** UTF-16 units of a path that are kept. */
const LONGEST_PATH = 512;

/** What went wrong of late in this process, in constant memory. Requests that go well never come here. */
export class Incidents {
  readonly #now: () => number;
  readonly #ofClients = new Ring<RecentError>(CAPACITY);
  readonly #others = new Ring<RecentError>(CAPACITY);
  readonly #limited: LimitedClients;

  constructor(now: () => number) {
    this.#now = now;
    this.#limited = new LimitedClients(now);
  }

  /** A request has ended that may have gone wrong. */
  note(ctx: Context, outcome: Outcome): void {
    const { errorCode: code, errorSource, status, attempts } = outcome;
    if (code === undefined && attempts > 0 && status >= 500) {
      this.#add(ctx, status, "upstream_status", "upstream", `The service has answered ${status}`);
    } else if (code !== undefined) {
      this.#add(ctx, status, code, errorSource ?? "internal", reasonOf(ctx.error, code));
    }
    if (status === 429 && (code !== undefined || attempts === 0)) this.#noteLimited(ctx);
  }

  /** Something was refused that was no proper request. */
  noteRefused({ code, source, status, detail, title }: GatewayError, requestId: string, client: string): void {
    const known = { at: this.#now(), requestId, client, status, code, source, detail: detail ?? title };
    this.#ringOf(source).push({ ...known, method: "", path: "" });
  }

  /** So many at most, the latest first. */
  errors(limit: number): readonly RecentError[] {
    return latestErrors([this.#ofClients.all(), this.#others.all()]).slice(0, limit);
  }

  limited(): LimitedReport {
    return this.#limited.report();
  }

  #add(ctx: Context, status: number, code: RecentError["code"], source: ErrorSource, detail: string): void {
    const { request, requestId, route, service, target, principal } = ctx;
    this.#ringOf(source).push({
      at: this.#now(),
      requestId,
      client: request.peer.clientAddress,
      principal: principal === undefined ? undefined : nameOf(principal),
      method: request.method,
      path: request.path.slice(0, LONGEST_PATH),
      route: route?.name,
      service,
      target,
      status,
      code,
      source,
      detail,
    });
  }

  #ringOf(source: ErrorSource): Ring<RecentError> {
    return source === "downstream" ? this.#ofClients : this.#others;
  }

  #noteLimited({ principal, request, route }: Context): void {
    const client = principal === undefined ? request.peer.clientAddress : nameOf(principal);
    this.#limited.note(client, route?.name ?? "");
  }
}

/** Those of several lists, the latest first. */
export function latestErrors(lists: readonly (readonly RecentError[])[]): readonly RecentError[] {
  return lists
    .flat()
    .reverse()
    .sort((a, b) => b.at - a.at);
}

function nameOf({ source, id }: Principal): string {
  return `${source}:${id}`;
}

/** What the client is told, and of the cause no more than what it is: its text may hold a secret. */
function reasonOf(error: GatewayError | undefined, code: ErrorCode): string {
  const { detail, title, cause } = error ?? new GatewayError(code);
  const kind = systemCode(cause) ?? (code === "internal" && cause instanceof Error ? cause.name : undefined);
  return `${detail ?? title}${kind === undefined ? "" : ` (${kind})`}`;
}
