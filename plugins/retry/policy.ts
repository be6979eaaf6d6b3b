import type { Context, GatewayError, GatewayRequest, Reply } from "../../src/plugin.ts";
import type { RetryOptions } from "./options.ts";

/** Which failures may be tried again. */
export interface Policy {
  /** Whether the status of a reply is none of those that are tried again. */
  isGood(reply: Reply): boolean;
  /** The condition of `on` that the failure meets; undefined if it meets none, or the request must not be sent again. */
  reasonFor(ctx: Context, failure: Reply | GatewayError): string | undefined;
  /** Why the request may not be sent again once the service may have got it; undefined if it may. */
  obstacle(request: GatewayRequest): string | undefined;
  /** Whether the body has to be read into memory before it is sent, so that it can be sent again. */
  shouldHold(request: GatewayRequest): boolean;
}

export function createPolicy({ on, methods, "replay-bytes": replayBytes }: RetryOptions): Policy {
  const conditions = new Set<string>(on.filter((entry) => typeof entry === "string"));
  const statuses = new Set<number>(on.filter((entry) => typeof entry === "number"));
  const repeatable = new Set(methods);

  const isRepeatable = ({ method, headers }: GatewayRequest) =>
    repeatable.has(method) || headers.has("idempotency-key");

  /** RFC 9110 §9.2.2: what the service may have got is sent again only if that means the same as once. */
  function isSafe(request: GatewayRequest, bytesSent: boolean): boolean {
    const { body } = request;
    if (!bytesSent) return body.isSendable;
    return body.isInMemory && (body.length ?? 0) <= replayBytes && isRepeatable(request);
  }

  return {
    isGood: ({ status }) => !statuses.has(status),
    reasonFor({ request }, failure) {
      if (!(failure instanceof Error)) return isSafe(request, true) ? String(failure.status) : undefined;
      const condition = conditionOf(failure, conditions);
      return condition !== undefined && isSafe(request, failure.bytesSent) ? condition : undefined;
    },
    obstacle(request) {
      const { length } = request.body;
      if (!isRepeatable(request)) return `${request.method} without Idempotency-Key is not safe to send twice`;
      if (length === undefined) return "its body has no known length, so it is not kept";
      return length > replayBytes ? `its body is longer than replay-bytes (${replayBytes})` : undefined;
    },
    shouldHold(request) {
      const { body } = request;
      if (body.isInMemory || body.length === undefined || body.length > replayBytes) return false;
      return isRepeatable(request);
    },
  };
}

/** A connection that did not open in time has failed to connect, and timed out. */
function conditionOf({ code, bytesSent }: GatewayError, on: ReadonlySet<string>): string | undefined {
  switch (code) {
    case "upstream_connect":
    case "circuit_open":
      return oneOf(on, "connect-failure");
    case "upstream_reset":
    case "upstream_invalid":
      return oneOf(on, "reset");
    case "upstream_timeout":
      return (bytesSent ? undefined : oneOf(on, "connect-failure")) ?? oneOf(on, "timeout");
    case "overloaded":
      return oneOf(on, "overloaded");
    default:
      return undefined;
  }
}

function oneOf(on: ReadonlySet<string>, condition: string): string | undefined {
  return on.has(condition) ? condition : undefined;
}
