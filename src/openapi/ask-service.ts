import { Context } from "../context.ts";
import { GatewayError, systemCode } from "../errors.ts";
import { Body } from "../message/body.ts";
import { HeaderList } from "../message/headers.ts";
import type { GatewayRequest } from "../message/request.ts";
import type { Handler } from "../plugin.ts";
import type { DocumentAnswer } from "./fetch.ts";

/** The way to a service: each call is an attempt at a target that the request has not tried yet. */
export interface AskService {
  readonly send: Handler;
  /** How many targets it has at the moment. */
  targetCount(): number;
}

/** Targets that are tried for one document, at most. */
const MOST_ATTEMPTS = 5;
/** The gateway asks for itself, without a client. */
const NOBODY = { address: "127.0.0.1", port: 0, clientAddress: "127.0.0.1", isTrustedProxy: false };

/**
 * Asks a service as requests of clients reach it: over its pools, with its timeouts, its certificates and its balancing. A target
 * that fails, or answers 500 or more, is followed by another one. Throws Error with a text for people.
 */
export async function askService(
  target: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
  { send, targetCount }: AskService,
): Promise<DocumentAnswer> {
  const [path = "/", query] = splitOnce(target, "?");
  const ctx = new Context(requestFor(path, query, headers), performance.now());
  const abort = () => ctx.abort(new GatewayError("upstream_timeout"));
  signal.throwIfAborted();
  signal.addEventListener("abort", abort, { once: true });
  try {
    const most = Math.min(Math.max(targetCount(), 1), MOST_ATTEMPTS);
    for (let attempt = 1; ; attempt++) {
      try {
        const reply = await send(ctx);
        if (reply.status < 500 || attempt >= most) return answerOf(reply);
        reply.discard();
      } catch (error) {
        if (attempt >= most || signal.aborted) throw new Error(textOf(error), { cause: error });
      }
    }
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

function requestFor(
  path: string,
  query: string | undefined,
  headers: Readonly<Record<string, string>>,
): GatewayRequest {
  const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  return {
    method: "GET",
    scheme: "http",
    host: "",
    path,
    query,
    version: "1.1",
    headers: HeaderList.of(Object.fromEntries(lower)),
    body: Body.empty,
    peer: NOBODY,
  };
}

function answerOf(reply: Awaited<ReturnType<Handler>>): DocumentAnswer {
  return {
    status: reply.status,
    header: (name) => reply.headers.get(name),
    body: () => reply.body.stream(),
    discard: () => reply.discard(),
  };
}

function splitOnce(text: string, mark: string): readonly [string, string | undefined] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

/** The gateway's own words, and the system's code: no address. */
function textOf(error: unknown): string {
  const known = GatewayError.from(error);
  const code = systemCode(known.cause);
  const title = `${known.title.charAt(0).toLowerCase()}${known.title.slice(1)}`;
  return code === undefined ? title : `${title} (${code})`;
}
