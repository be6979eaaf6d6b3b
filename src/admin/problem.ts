import { GatewayError } from "../errors.ts";
import { problemReply } from "../message/problem.ts";
import type { Logger } from "../observe/logger.ts";

/** The error as a response of its own, under an id that the log has, too. */
export function problemResponse(error: GatewayError, requestId: string = crypto.randomUUID()): Response {
  const response = problemReply(error, requestId, "problem").toResponse();
  response.headers.set("cache-control", "no-store");
  return response;
}

/** Elysia's names of errors that are the client's fault, as ours. */
const KNOWN = {
  NOT_FOUND: "route_not_found",
  PARSE: "bad_request",
  INVALID_COOKIE_SIGNATURE: "bad_request",
  INVALID_FILE_TYPE: "bad_request",
  VALIDATION: "validation_failed",
} as const;

/** Answers whatever an endpoint throws; what nobody expected is logged. For Elysia's `onError`. */
export function errorHandler(log: Logger): (context: { code: unknown; error: unknown }) => Response {
  return ({ code, error }) => {
    if (typeof code === "string" && Object.hasOwn(KNOWN, code)) {
      return problemResponse(new GatewayError(KNOWN[code as keyof typeof KNOWN]));
    }
    const known = GatewayError.from(error);
    const requestId = crypto.randomUUID();
    if (known.code === "internal") log.error("an admin endpoint failed", { requestId, error });
    return problemResponse(known, requestId);
  };
}
