import type { Outcome } from "../context/outcome.ts";
import type { Context } from "../context.ts";
import type { Trail, TrailAttempt, TrailStep } from "../trail/trail.ts";
import type { ExplainReport } from "./report.ts";

/** What has become of one request. */
export interface Happened {
  readonly requestId: string;
  /** Sent to the client. */
  readonly status: number;
  readonly durationMs: number;
  /** To the reply's head; undefined if no attempt was made. */
  readonly upstreamMs: number | undefined;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly errorCode: string | undefined;
  readonly errorSource: string | undefined;
  readonly route: string | undefined;
  readonly service: string | undefined;
  readonly target: string | undefined;
  /** What the service was asked for. */
  readonly upstreamPath: string;
  readonly upstreamQuery: string | undefined;
  readonly principal: { readonly id: string; readonly source: string; readonly scopes: readonly string[] } | undefined;
  /** Plugins in the order in which they began. */
  readonly steps: readonly TrailStep[];
  readonly attempts: readonly TrailAttempt[];
}

/** What is known of one request that was followed: the shape of `/api/explanations/ID`, which grows but does not change. */
export interface LiveReport {
  readonly id: string;
  /** UTC. */
  readonly at: string;
  /** Undefined while it is under way, as is `explained`. */
  readonly happened?: Happened;
  /** What `gateway explain` would say of it. */
  readonly explained?: ExplainReport;
}

export function happenedOf(ctx: Context, outcome: Outcome, { steps, attempts }: Trail): Happened {
  const { route, service, target, upstreamPath, upstreamQuery, principal, requestId } = ctx;
  const { status, durationMs, upstreamMs, bytesIn, bytesOut, errorCode, errorSource } = outcome;
  return {
    requestId,
    status,
    durationMs: Math.round(durationMs * 1_000) / 1_000,
    upstreamMs: upstreamMs === undefined ? undefined : Math.round(upstreamMs * 1_000) / 1_000,
    bytesIn,
    bytesOut,
    errorCode,
    errorSource,
    route: route?.name,
    service,
    target,
    upstreamPath,
    upstreamQuery,
    principal: principal && { id: principal.id, source: principal.source, scopes: principal.scopes },
    steps,
    attempts,
  };
}

/** Parameters of a query whose values are credentials, as far as names tell. */
const SECRET =
  /((?:^|[?&;])(?:[^=&;#]*(?:token|secret|passw|signature|credential|api[-_.]?key)[^=&;#]*|key|sig|auth|code)=)[^&;#\s"]+/gi;

/** The same plain data without what may be a credential in a query, wherever that is told. */
export function withoutCredentials<T>(value: T): T {
  return JSON.parse(JSON.stringify(value), (_, inner: unknown) =>
    typeof inner === "string" && inner.includes("=") ? inner.replace(SECRET, "$1(hidden)") : inner,
  ) as T;
}
