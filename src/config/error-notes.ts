import type { ErrorCode } from "../errors.ts";

/** What the reference says of one code beside what the table of errors does. */
export interface ErrorNote {
  /** When it happens: whole sentences. */
  readonly when: string;
  /** What an operator should look at: whole sentences. */
  readonly look: string;
  /** The gateway itself never answers a request with it: only plugins do. */
  readonly isFromPlugins?: true;
}

/** Of every code when it happens and what to do about it, for `docs/errors.md`. Markdown; links start in `docs/`. */
export const ERROR_NOTES: Readonly<Record<ErrorCode, ErrorNote>> = {
  bad_request: {
    when: "The message breaks HTTP/1.1, or could be understood in two ways; or the path cannot be rewritten; or a plugin refuses what the request says.",
    look: "`detail` says what is wrong. If it is about the message itself, the client, or a proxy before the gateway, is broken or an attacker: the line `request refused` has its address. [What is refused](listeners.md#strictness).",
  },
  unauthenticated: {
    when: "A plugin has found no valid credentials. On the admin port: the bearer token is missing or wrong.",
    look: "The client's credentials: missing, expired, or for somebody else.",
    isFromPlugins: true,
  },
  forbidden: {
    when: "A plugin knows who is calling, or from where, and does not let them. Or a browser's preflight asks about a request to a route without `cors`, which the `cors` of another route must not allow. On the admin port without a token: the request came under a foreign host name or from another site's page.",
    look: "What the caller may do, and the options of the plugins on the route.",
  },
  route_not_found: {
    when: "No route takes the request's host, path, headers and query. On the admin port: there is no such endpoint.",
    look: "`path` in the access log is the path as it is matched; compare it with `/api/routes` on the admin port. [How routes are matched](routing.md).",
  },
  method_not_allowed: {
    when: "The path has routes, but none for this method; `Allow` lists those that it has. `TRACE` is refused everywhere.",
    look: "`methods` of the routes with this path.",
  },
  request_timeout: {
    when: "The head was begun but not complete within `listen.timeouts.header`; or no byte of the body came for `listen.timeouts.body` while the gateway waited for one, or fewer than `listen.limits.body-rate` asks for.",
    look: "Clients on slow or broken networks, and ones that promise a longer body than they send. Many at once from few addresses are an attack that holds connections open.",
  },
  payload_too_large: {
    when: "The body is larger than `listen.limits.body-bytes`, or than a plugin such as [body-limit](plugins/body-limit.md) allows. A `Content-Length` is refused before the body is read, a chunked body as soon as it has grown too large.",
    look: "Which of the limits it was: `detail` names a plugin's. Raise it if such requests are meant to be.",
  },
  uri_too_long: {
    when: "Path and query are longer than `listen.limits.target-bytes`, or the first line than `listen.limits.header-bytes`.",
    look: "Clients that put into the query what belongs into a body.",
  },
  unsupported_media_type: {
    when: "The body is of a type, or in a coding, that the service's document does not have for it.",
    look: "`Content-Type` of the request against the document: [validate](plugins/validate.md). The client is right if the document is not complete.",
    isFromPlugins: true,
  },
  expectation_failed: {
    when: "The request has an `Expect` other than `100-continue`.",
    look: "The client: no other expectation exists.",
  },
  validation_failed: {
    when: "A plugin has found that the request does not match its description.",
    look: "`detail`, and the options of the plugin.",
    isFromPlugins: true,
  },
  rate_limited: {
    when: "A plugin lets this client make no more requests at the moment; `Retry-After` says for how long, if the plugin does.",
    look: "Whether the limit is too low, or one client too busy: group the access log by `client`.",
    isFromPlugins: true,
  },
  headers_too_large: {
    when: "The head is larger than `listen.limits.header-bytes`, or has more lines than `listen.limits.header-count`; or the trailers behind a chunked body are too large.",
    look: "Mostly cookies that have piled up. Raise the limits if the headers are meant to be; the service has limits of its own.",
  },
  client_closed: {
    when: "The client went away, took no byte of the reply for `listen.timeouts.send`, or was cut off because the gateway stopped. Its request is ended at the service, and no failure is counted there. Nobody is answered: the code is in the log alone, with 499 if no reply had begun, else with the status that was sent.",
    look: "A few are usual. Many mean that the service is slower than its clients are patient: look at `durationMs`.",
  },
  internal: {
    when: "A plugin has thrown an error without a code of this list or has answered with what is no reply, or the gateway has a bug.",
    look: "The line `a request failed inside the gateway` has the error with its causes under the same `requestId`; with `log.level: debug` also where it was made.",
  },
  not_implemented: {
    when: "The method is `CONNECT`, or the request's body has a transfer coding other than `chunked`.",
    look: "The client: it takes the gateway for a forward proxy, or compresses in a way that HTTP/1.1 servers rarely know.",
  },
  upstream_connect: {
    when: "No connection to the target could be made: it refused, its name could not be resolved, its socket is not there, or the TLS handshake failed, for example because its certificate is not valid.",
    look: "Is the service up, and is the address right? `error.cause` in the access log has the system's code, such as `ECONNREFUSED`, or what is wrong with the certificate. No byte of the request was sent.",
  },
  upstream_reset: {
    when: "The target closed the connection before a byte of its reply came, or in the middle of the reply's body. In the second case the client's connection is cut, and the log has the status that was sent.",
    look: "Crashes and restarts of the service. If it happens on reused connections, `pool.idle-timeout` must be shorter than the service keeps idle connections: [connections that the target has closed](services.md#connections-that-the-target-has-closed).",
  },
  upstream_invalid: {
    when: "What the target sent is no HTTP/1.1 response, breaks its framing, ends within its head, has a head of more than 64 KiB or 256 lines, or is more than was asked for.",
    look: "`error.cause` in the access log says what is wrong. Is it an HTTP service, on this port, and without TLS where the target says `http`?",
  },
  overloaded: {
    when: "All `pool.max-connections` of the target were in use, and none became free within `timeouts.pool`, or `pool.max-pending` requests waited already; or the listener had `limits.tunnels` tunnels, or the target `pool.max-tunnels`, and this request was for one more. Or the service had `max-requests` under way, or the gateway [too much to do](overload.md#by-priority) for the `priority` of the route.",
    look: "`inUse` and `pending` of the target in `/api/services` on the admin port. The service is too slow for what comes in: give it more targets, or a larger pool if it can bear it. [Pools](services.md#pools).",
  },
  no_target_available: {
    when: "[Discovery](discovery.md) has found no target for the service, or none yet. Or all of them have the weight 0, which `bun run gateway check` refuses in a file without `discover`.",
    look: "`discovery` of the service in `/api/services`: when the source last answered, and its error. The weights of the targets.",
  },
  circuit_open: {
    when: "The plugin [circuit-breaker](plugins/circuit-breaker.md) keeps requests from a target that fails, or from a service, and there is no other to go to.",
    look: "`circuits` of the service in `/api/services`, or the log line `a circuit has opened`: they have the reason. The errors of that service that came before are the cause.",
    isFromPlugins: true,
  },
  store_unavailable: {
    when: "A plugin needs the store that gateways share, and it does not answer.",
    look: "Whether the store is up, and how far away it is.",
    isFromPlugins: true,
  },
  identity_unavailable: {
    when: "A plugin needs an identity provider to tell who is calling, for its keys for example, and it does not answer.",
    look: "Whether the provider is up and can be reached from the gateway; the plugin's log lines say what failed.",
    isFromPlugins: true,
  },
  not_cached: {
    when: "The request says `Cache-Control: only-if-cached`, and the [cache](plugins/cache.md) has nothing that may be the answer (RFC 9111 §5.2.1.7).",
    look: "Nothing: the client has asked for this.",
    isFromPlugins: true,
  },
  upstream_timeout: {
    when: "One of the service's `timeouts` ended: `connect`, `response`, `total` or `idle`. If the reply had begun, the client's connection is cut, and the log has the status that was sent.",
    look: "`durationMs` in the access log is close to the timeout that ended. [Timeouts](services.md#timeouts).",
  },
  version_not_supported: {
    when: "The request line names another major version than HTTP/1, as the first line of HTTP/2 does.",
    look: "Clients that are set to HTTP/2 without asking whether it is spoken.",
  },
  loop_detected: {
    when: "The request's `Via` has this gateway's own name in it: it has passed here before.",
    look: "A target of the service on the route is the gateway itself, directly or through another proxy.",
  },
};
