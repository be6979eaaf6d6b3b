import { GatewayError } from "../errors.ts";

/** What is wrong with a token, as RFC 6750 §3.1 calls it. */
export type BearerError = "invalid_request" | "invalid_token" | "insufficient_scope";

export interface BearerFault {
  /** Told to the client, in the reply and in the challenge: printable ASCII without quotes or backslashes. */
  readonly detail: string;
  /** Scopes that are needed. */
  readonly scope?: string;
  /** For the log alone. */
  readonly cause?: unknown;
}

const CODES = {
  invalid_request: "bad_request",
  invalid_token: "unauthenticated",
  insufficient_scope: "forbidden",
} as const;

/** The refusal of a token, with its challenge (RFC 6750 §3). */
export function bearerError(error: BearerError, { detail, scope, cause }: BearerFault): GatewayError {
  const needed = scope === undefined ? "" : `, scope="${scope}"`;
  const challenge = `${BEARER}, error="${error}", error_description="${detail}"${needed}`;
  return new GatewayError(CODES[error], { detail, cause, headers: { "www-authenticate": challenge } });
}

/** The refusal of a request without any token: the challenge names no error (RFC 6750 §3.1). */
export function noBearer(): GatewayError {
  return new GatewayError("unauthenticated", {
    detail: "A bearer token is needed",
    headers: { "www-authenticate": BEARER },
  });
}

const BEARER = 'Bearer realm="gateway"';
