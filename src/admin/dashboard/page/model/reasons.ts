import { ERRORS, type ErrorCode } from "../../../../errors.ts";

/** Whose fault it is, in a word, and what to do. */
export interface Reason {
  readonly title: string;
  readonly advice: string;
}

/** What to look at for each code: one sentence, for somebody who has been woken up. */
const ADVICE: Readonly<Record<ErrorCode, string>> = {
  bad_request: "The client, or a proxy before the gateway, sends what HTTP does not allow: the detail says what.",
  unauthenticated:
    "Compare the client's credentials with the route's plugin: an expired token, another issuer, or a key that does not belong to it.",
  forbidden:
    "The caller is known but not allowed: look at its scopes and groups, and at the address that it comes from.",
  route_not_found: "No route takes this host and path: check the client's URL; the command gateway explain tells why.",
  method_not_allowed: "The route takes other methods: add this one to `methods`, or correct the client.",
  request_timeout: "The client, or the network to it, is slow: see listen.timeouts.",
  payload_too_large: "Raise listen.limits.body-bytes or the route's body-limit if such bodies are meant to come.",
  uri_too_long: "The address is longer than listen.limits allow: mostly a client that puts data into the query.",
  unsupported_media_type: "The client sends another Content-Type than the service documents.",
  expectation_failed: "The client expects something that the gateway does not know: correct the client.",
  validation_failed: "The request is not as documented: the detail has the field. Correct the client or the document.",
  rate_limited:
    "The client is over its limit: see who it is below, and raise the limit only if it is meant to be served.",
  headers_too_large: "Mostly too many cookies: see listen.limits.header-bytes.",
  client_closed: "The client went away before it was answered: often because the service is slow.",
  internal: "A bug of the gateway or of a plugin: look the request id up in the log.",
  not_implemented: "The client asks for something that the gateway does not do: the detail says what.",
  upstream_connect: "The target does not accept connections: is it running, and is its address right?",
  upstream_reset: "The target closed the connection while it was asked: look for a crash or a restart in its log.",
  upstream_invalid: "The target's reply breaks HTTP: look at what speaks on that port.",
  overloaded: "More is under way than there is room for: the service is too slow, or a pool or limit too small.",
  no_target_available: "The service has no target that may be asked: all are drained, or none was discovered.",
  circuit_open:
    "The breaker keeps requests away because the target was failing: mend the target, and it closes by itself.",
  store_unavailable: "Redis does not answer, and the plugin is told to refuse then: see the store under System.",
  identity_unavailable: "The identity provider does not answer, so nobody can be authenticated.",
  not_cached: "The client wants a stored reply alone, and there is none.",
  upstream_timeout: "The target is too slow or hangs: see its latency, then timeouts.response of the service.",
  version_not_supported: "The client speaks another version of HTTP.",
  loop_detected: "A target's address leads back to this gateway.",
};

const UPSTREAM_STATUS: Reason = {
  title: "The service itself answered with an error",
  advice: "The gateway passed it on as it came: look into the service's log, by the request id.",
};

/** The reason of an error in plain words; a code that is not known is told as it is. */
export function reasonOf(code: string): Reason {
  if (code === "upstream_status") return UPSTREAM_STATUS;
  if (!Object.hasOwn(ERRORS, code)) return { title: code, advice: "Look the request id up in the log." };
  const known = code as ErrorCode;
  return { title: ERRORS[known].title, advice: ADVICE[known] };
}

/** Who is to blame, in a word. */
export function blamed(source: string): string {
  if (source === "downstream") return "the client";
  return source === "upstream" ? "the service" : "the gateway";
}
