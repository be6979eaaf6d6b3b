import type { GatewayError, Reply } from "../../src/plugin.ts";
import type { BreakerOptions } from "./options.ts";

/** What is a failure of the service, by the option `failures`. */
export interface Failures {
  /** The status of a reply that is one. */
  ofReply(reply: Reply): string | undefined;
  /** The code of an error that is one; every other shows nothing of the service. */
  ofError(error: GatewayError): string | undefined;
}

export function createFailures(failures: BreakerOptions["failures"]): Failures {
  const conditions = new Set<string>(failures.filter((entry) => typeof entry === "string"));
  const statuses = new Set<number>(failures.filter((entry) => typeof entry === "number"));
  return {
    ofReply: ({ status }) => (statuses.has(status) ? String(status) : undefined),
    ofError: (error) => (isFailure(error, conditions) ? error.code : undefined),
  };
}

/** What the client has done, and what the gateway has, is in none of them. */
function isFailure({ code, bytesSent }: GatewayError, conditions: ReadonlySet<string>): boolean {
  switch (code) {
    case "upstream_connect":
      return conditions.has("connect-failure");
    case "upstream_reset":
    case "upstream_invalid":
      return conditions.has("reset");
    case "upstream_timeout":
      return conditions.has("timeout") || (!bytesSent && conditions.has("connect-failure"));
    case "overloaded":
      return conditions.has("overloaded");
    default:
      return false;
  }
}
