import {
  Body,
  type Context,
  type CounterSeries,
  GatewayError,
  type Handler,
  HeaderList,
  isHopByHop,
  type Layer,
  Reply,
} from "../../src/plugin.ts";
import type { Failures } from "./failures.ts";
import type { FallbackOptions } from "./options.ts";

/** What a fallback needs, made once for each route. */
export interface FallbackParts {
  readonly failures: Failures;
  readonly used: CounterSeries;
  /** Sends a request to that service; throws at load if there is none. */
  toService(name: string): Handler;
}

/** Around everything else of the way to the service: answers in its place when it is of no use, after all attempts. */
export function fallbackLayer(options: FallbackOptions, { failures, used, toService }: FallbackParts): Layer {
  const { on, service } = options;
  const instead = service === undefined ? fixedReply(options) : toService(service);
  if (service !== undefined && hasReply(options)) throw new Error("fallback: give a reply or a service, not both");

  /** Whether the fallback may answer; a service gets nothing that the first may have done already. */
  const mayAnswer = (ctx: Context, failed: Reply | GatewayError): boolean => {
    if (ctx.isAborted || !isCause(failed)) return false;
    if (service === undefined) return true;
    const isUnsent = failed instanceof GatewayError && !failed.bytesSent;
    return ctx.request.body.isSendable && (isUnsent || SAFE.has(ctx.request.method));
  };
  const isCause = (failed: Reply | GatewayError): boolean => {
    if (failed instanceof GatewayError) {
      return failed.code === "circuit_open" || (on === "failure" && failures.ofError(failed) !== undefined);
    }
    return on === "failure" && failures.ofReply(failed) !== undefined;
  };

  return (next) => async (ctx) => {
    let failed: Reply | GatewayError;
    try {
      const reply = await next(ctx);
      if (on === "open" || !mayAnswer(ctx, reply)) return reply;
      failed = reply;
    } catch (error) {
      failed = GatewayError.from(error);
      if (!mayAnswer(ctx, failed)) throw error;
    }
    if (failed instanceof Reply) failed.discard();
    used.inc();
    return instead(ctx);
  };
}

/** Methods that mean the same twice as once (RFC 9110 §9.2.2). */
const SAFE: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]);

function hasReply({ status, headers, body, json }: FallbackOptions): boolean {
  return status !== 200 || Object.keys(headers).length > 0 || body !== undefined || json !== undefined;
}

function fixedReply({ status, headers: written, body: text, json }: FallbackOptions): Handler {
  if (json !== undefined && text !== undefined) throw new Error("fallback: give body or json, not both");
  const body = Body.of(json === undefined ? (text ?? "") : JSON.stringify(json));
  if (!body.isEmpty && (status === 204 || status === 205 || status === 304)) {
    throw new Error(`fallback: a reply of status ${status} has no body (RFC 9110 §15)`);
  }
  const headers = new HeaderList();
  for (const [name, value] of Object.entries(written)) {
    if (isHopByHop(name.toLowerCase())) throw new Error(`fallback.headers: ${name} is set by the gateway itself`);
    headers.set(name.toLowerCase(), value);
  }
  if (!body.isEmpty && !headers.has("content-type")) {
    headers.set("content-type", json === undefined ? "text/plain; charset=utf-8" : "application/json");
  }
  // Headers are copied, for the `response` phase may change them.
  return () => new Reply(status, headers.copy(), body);
}
