import type { ErrorCode } from "../errors.ts";

type ProtocolErrorCode = Extract<
  ErrorCode,
  | "bad_request"
  | "uri_too_long"
  | "headers_too_large"
  | "payload_too_large"
  | "expectation_failed"
  | "not_implemented"
  | "version_not_supported"
  | "method_not_allowed"
>;

/** A message that breaks HTTP/1.1 or a limit; the code is what a client is told, an upstream's is always `upstream_invalid`. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
  readonly code: ProtocolErrorCode;

  constructor(message: string, code: ProtocolErrorCode = "bad_request") {
    super(message);
    this.code = code;
  }
}
