/**
 * What is otherwise for clients of HTTP/2 and HTTP/3, which Bun's server reads, than for those of HTTP/1.1. The table
 * in docs/listeners.md has the same lines; a test whose outcome differs asks for the line by its key.
 */
export const DIFFERENCES = {
  fields:
    "Several lines of a field come as one, joined by `, `, or `; ` for `Cookie`; `Set-Cookie` alone stays as it is. The order of different fields is lost",
  connection:
    "A request with `Connection`, `Keep-Alive`, `Proxy-Connection`, `Transfer-Encoding` or `Upgrade` is refused, as these protocols demand",
  upgrades: "There are no upgrades: clients of WebSocket use HTTP/1.1, as browsers do by themselves",
  trailers: "Trailers do not pass, of requests or of replies; so gRPC does not",
  interim:
    "Interim responses do not pass, but for the 100 that a client asks for with `Expect: 100-continue`: Bun sends it at once, before a plugin has seen the request",
  reason: "There is no reason phrase",
  target:
    "The target is read as the URL standard has it: `\\` in a path is `/`, octets beyond ASCII and a few others come percent-encoded. What is matched is still what is forwarded",
  methods:
    "A method that Bun does not know is 501 without a body, and `CONNECT` 404 without a body; neither has a line in the log",
  malformed:
    "What breaks the protocol itself, two hosts in HTTP/2 for one, is answered by a reset, without a line in the log",
  certificates:
    "HTTP/3 keeps the certificates of the start: after a renewal the gateway has to be started anew for its clients",
  head: "`header-bytes` and `header-count` count joined fields, with 32 bytes more for each. Beyond 16 KB in all Bun answers 431 without a body, or ends the connection",
  requests: "`limits.requests` sets no limit",
  connections: "`limits.connections` counts clients of HTTP/3 with a request under way; one more is 503",
  header: "`timeouts.header` bounds the wait for the first request of an HTTP/2 connection, and nothing else",
  length:
    "A reply whose body does not come in one piece has no `Content-Length`, whatever the service has sent; that to `HEAD` keeps it",
  sent: "A reply of up to 64 KB is logged when Bun has it, not when its last byte has left",
} as const;

export type Difference = keyof typeof DIFFERENCES;
