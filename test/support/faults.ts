import { closes, closesAfter, hangs, replies, resets, response, sendsGarbage } from "./scripts.ts";
import type { Script } from "./upstream.ts";

/** One way in which an upstream fails, and what becomes of it where nobody tries again. */
export interface Fault {
  readonly what: string;
  /** Undefined: nobody listens. */
  readonly script: Script | undefined;
  /** Status, and the code if the gateway answers, or "broken" for a body that ends early. */
  readonly alone: string;
  /** Whether trying again is asked for by default. */
  readonly isRetried: boolean;
}

const half = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf";
const status = (code: number, ...headers: [string, string][]) =>
  replies(response("bad", { status: code, reason: "Bad", headers }));

/** What an upstream may do wrong, one after the other. */
export const FAULTS: readonly Fault[] = [
  { what: "refuses", script: undefined, alone: "502 upstream_connect", isRetried: true },
  { what: "hangs", script: hangs(), alone: "504 upstream_timeout", isRetried: true },
  { what: "closes before the head", script: closes(), alone: "502 upstream_reset", isRetried: true },
  { what: "resets before the head", script: resets(), alone: "502 upstream_reset", isRetried: true },
  {
    what: "closes in the head",
    script: closesAfter("HTTP/1.1 200 OK\r\nContent-Le"),
    alone: "502 upstream_invalid",
    isRetried: true,
  },
  {
    what: "stops in the head",
    script: replies("HTTP/1.1 200 OK\r\nContent-Le"),
    alone: "504 upstream_timeout",
    isRetried: true,
  },
  { what: "sends garbage", script: sendsGarbage(), alone: "502 upstream_invalid", isRetried: true },
  {
    what: "sends two lengths",
    script: replies("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
    alone: "502 upstream_invalid",
    isRetried: true,
  },
  { what: "closes in the body", script: closesAfter(half), alone: "broken", isRetried: false },
  { what: "resets in the body", script: closesAfter(half, "reset"), alone: "broken", isRetried: false },
  { what: "says 500", script: status(500), alone: "500", isRetried: false },
  { what: "says 404", script: status(404), alone: "404", isRetried: false },
  { what: "says 503", script: status(503), alone: "503", isRetried: true },
  { what: "says 503, come at once", script: status(503, ["Retry-After", "0"]), alone: "503", isRetried: true },
  { what: "says 503, come much later", script: status(503, ["Retry-After", "120"]), alone: "503", isRetried: false },
];
