import { GatewayError } from "../errors.ts";
import { problemReply } from "../message/problem.ts";
import type { Logger } from "../observe/logger.ts";
import { type Endpoint, unanswered } from "./endpoints.ts";

/** The error as a response of its own, under an id that the log has, too. */
export function problemResponse(error: GatewayError, requestId: string = crypto.randomUUID()): Response {
  const response = problemReply(error, requestId, "problem").toResponse();
  response.headers.set("cache-control", "no-store");
  return response;
}

/** Elysia's names of errors that are the client's fault, as ours. */
const KNOWN = {
  PARSE: "bad_request",
  INVALID_COOKIE_SIGNATURE: "bad_request",
  INVALID_FILE_TYPE: "bad_request",
  VALIDATION: "validation_failed",
} as const;

/** What an app says of a failure, for Elysia's `onError`. */
interface Failure {
  readonly code: unknown;
  readonly error: unknown;
  readonly request: Request;
  readonly path: string;
}

/**
 * Answers whatever an endpoint throws, and what no endpoint takes; what nobody expected is logged. For Elysia's `onError`.
 *
 * @param prefix what people write before the paths of the app
 */
export function errorHandler(
  log: Logger,
  endpoints: () => readonly Endpoint[],
  prefix = "",
): (failure: Failure) => Response {
  return ({ code, error, request, path }) => {
    if (code === "NOT_FOUND") {
      const answer = unanswered({ method: request.method, path }, endpoints(), prefix);
      return answer instanceof Response ? answer : problemResponse(answer);
    }
    if (typeof code === "string" && Object.hasOwn(KNOWN, code)) {
      return problemResponse(new GatewayError(KNOWN[code as keyof typeof KNOWN]));
    }
    const known = GatewayError.from(error);
    const requestId = crypto.randomUUID();
    if (known.code === "internal") log.error("an admin endpoint failed", { requestId, error });
    return problemResponse(known, requestId);
  };
}
