/** Who caused an error: the client, the upstream service, or the gateway itself. */
export type ErrorSource = "downstream" | "upstream" | "internal";

interface ErrorKind {
  readonly status: number;
  readonly source: ErrorSource;
  /** Short and the same for every error of the kind (RFC 9457 §3.1.3). */
  readonly title: string;
}

/** Every error the gateway itself can answer with: the reference docs and the tests are made from this table. */
export const ERRORS = {
  bad_request: { status: 400, source: "downstream", title: "The request is malformed" },
  unauthenticated: { status: 401, source: "downstream", title: "Valid credentials are required" },
  forbidden: { status: 403, source: "downstream", title: "Access is not allowed" },
  route_not_found: { status: 404, source: "downstream", title: "No route matches the request" },
  method_not_allowed: { status: 405, source: "downstream", title: "The method is not allowed here" },
  request_timeout: { status: 408, source: "downstream", title: "The request did not arrive in time" },
  payload_too_large: { status: 413, source: "downstream", title: "The request body is too large" },
  uri_too_long: { status: 414, source: "downstream", title: "The request target is too long" },
  unsupported_media_type: { status: 415, source: "downstream", title: "The body is of a type that is not taken" },
  expectation_failed: { status: 417, source: "downstream", title: "The expectation cannot be met" },
  validation_failed: { status: 422, source: "downstream", title: "The request does not match its description" },
  rate_limited: { status: 429, source: "downstream", title: "Too many requests" },
  headers_too_large: { status: 431, source: "downstream", title: "The request headers are too large" },
  client_closed: { status: 499, source: "downstream", title: "The client closed the connection" },
  internal: { status: 500, source: "internal", title: "The gateway failed" },
  not_implemented: { status: 501, source: "downstream", title: "The gateway does not implement this" },
  upstream_connect: { status: 502, source: "upstream", title: "The service could not be reached" },
  upstream_reset: { status: 502, source: "upstream", title: "The service closed the connection" },
  upstream_invalid: { status: 502, source: "upstream", title: "The service sent an invalid response" },
  overloaded: { status: 503, source: "internal", title: "Too much is in flight" },
  no_target_available: { status: 503, source: "upstream", title: "The service has no target to send to" },
  circuit_open: { status: 503, source: "upstream", title: "The service is failing and gets no requests for a while" },
  store_unavailable: { status: 503, source: "internal", title: "The shared store does not answer" },
  identity_unavailable: { status: 503, source: "upstream", title: "The identity provider does not answer" },
  not_cached: { status: 504, source: "downstream", title: "Nothing is stored that may be the answer" },
  upstream_timeout: { status: 504, source: "upstream", title: "The service did not answer in time" },
  version_not_supported: { status: 505, source: "downstream", title: "This HTTP version is not supported" },
  loop_detected: { status: 508, source: "downstream", title: "The request came back to the gateway" },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERRORS;

/** One thing that is wrong with a request (RFC 9457 §3.2). */
export interface ErrorDetail {
  /** Where it is in the body, or in the parameter's value (RFC 6901). */
  readonly pointer?: string;
  /** The parameter, and where that is: path, query, header or cookie. */
  readonly parameter?: string;
  readonly in?: string;
  /** In words, without the value. */
  readonly detail: string;
}

export interface ErrorOptions {
  /** Told to the client: no addresses, no secrets, no causes. */
  readonly detail?: string;
  /** Told to the log alone. */
  readonly cause?: unknown;
  /** Whether any byte of the request may have reached the upstream; decides what may be retried. Default false. */
  readonly bytesSent?: boolean;
  /** What is wrong in detail, told to the client: a few entries. */
  readonly errors?: readonly ErrorDetail[];
  /** Further reply headers, for example `allow` or `retry-after`; names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** The code of an error that the system or a protocol library has made, such as ECONNRESET; bugs have none. */
export function systemCode(error: unknown): string | undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : undefined;
}

/** A failure with a stable code, a side to blame and a text that may be shown to the client. */
export class GatewayError extends Error {
  override readonly name = "GatewayError";
  readonly code: ErrorCode;
  readonly status: number;
  readonly source: ErrorSource;
  readonly title: string;
  readonly detail: string | undefined;
  readonly bytesSent: boolean;
  readonly errors: readonly ErrorDetail[] | undefined;
  readonly headers: Readonly<Record<string, string>> | undefined;

  constructor(code: ErrorCode, options: ErrorOptions = {}) {
    const kind = ERRORS[code];
    super(options.detail ?? kind.title, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = kind.status;
    this.source = kind.source;
    this.title = kind.title;
    this.detail = options.detail;
    this.bytesSent = options.bytesSent ?? false;
    this.errors = options.errors;
    this.headers = options.headers;
  }

  /** The error itself if it is one of ours, else an `internal` one that carries it as its cause. */
  static from(error: unknown): GatewayError {
    return error instanceof GatewayError ? error : new GatewayError("internal", { cause: error });
  }
}
