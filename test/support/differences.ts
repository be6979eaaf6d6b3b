/**
 * What is otherwise for clients of HTTP/2 and HTTP/3, which Bun's server reads, than for those of HTTP/1.1. The table
 * in docs/listeners.md has the same lines; a test whose outcome differs asks for the line by its key.
 */
export const DIFFERENCES = {
  fields:
    "Several lines of a field come as one, joined by `, `, or `; ` for `Cookie`; `Set-Cookie` alone stays as it is. The order of different fields is lost",
  connection:
    "A request with `Connection`, `Keep-Alive`, `Proxy-Connection`, `Transfer-Encoding` or `Upgrade` is refused, as these protocols demand",
  upgrades: "There are no upgrades: WebSocket clients have to use HTTP/1.1, as browsers do by themselves",
  trailers: "Trailers do not pass, of requests or of replies; so gRPC does not",
  interim:
    "Interim responses do not pass, and 100-continue is not sent: a client that waits for it has to send its body in the end",
  reason: "There is no reason phrase",
  target:
    "The target is read as the URL standard has it: `\\` in a path is `/`, octets beyond ASCII and some others come percent-encoded. What is matched is still what is forwarded; what follows `#` is refused",
  methods: "Methods that Bun does not know, `QUERY` for one, are 501 without a body",
  malformed: "What breaks the protocol itself, two hosts for one, is answered by a reset, and no line in the log",
  head: "`header-bytes` and `header-count` count joined fields, with 32 bytes for each; beyond 16 KB in all Bun answers 431 without a body, or ends the connection",
  requests: "`requests` sets no limit",
  connections: "`connections` counts HTTP/3 clients that have a request under way; one more is 503",
  idle: "`keep-alive` is 255 s at most for HTTP/3, and only the first request of a connection is bounded by `header`",
  sent: "A reply of up to 64 KB is logged when it is handed to Bun, not when its last byte has left",
} as const;

export type Difference = keyof typeof DIFFERENCES;
