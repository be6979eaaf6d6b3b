import type { Outcome } from "../src/context/outcome.ts";
import { type ErrorCode, GatewayError } from "../src/errors.ts";
import { Reply } from "../src/message/reply.ts";
import { answerOf, composePipeline, type Destination } from "../src/pipeline.ts";
import type { Filter, Layer, Phases } from "../src/plugin.ts";
import { createContext } from "../src/testing/request.ts";

export const OUTCOME: Outcome = {
  status: 200,
  bytesIn: 0,
  bytesOut: 0,
  durationMs: 1,
  upstreamMs: undefined,
  attempts: 1,
  errorCode: undefined,
  errorSource: undefined,
};

export const createRequest = () => createContext({}, undefined, undefined);

/** A plugin that notes each phase it is in, and otherwise lets everything pass. */
export function tracer(name: string, trace: string[]): Phases {
  const filter =
    (phase: string): Filter =>
    () => {
      trace.push(`${name} ${phase}`);
      return undefined;
    };
  const layer =
    (phase: string): Layer =>
    (next) =>
    async (ctx) => {
      trace.push(`${name} ${phase}`);
      const reply = await next(ctx);
      trace.push(`${name} ${phase} done`);
      return reply;
    };
  return {
    request: filter("request"),
    authenticate: filter("authenticate"),
    limit: filter("limit"),
    cache: layer("cache"),
    forward: layer("forward"),
    attempt: layer("attempt"),
    response(_, reply) {
      trace.push(`${name} response`);
      return reply;
    },
    log: () => void trace.push(`${name} log`),
  };
}

export function destination(trace: string[], answer: () => Reply = () => Reply.text(200, "ok")): Destination {
  return {
    prepare: () => void trace.push("prepare"),
    select: () => void trace.push("select"),
    async send() {
      trace.push("send");
      return answer();
    },
  };
}

export async function run(plugins: readonly Phases[], to: Destination = destination([])) {
  const ctx = createRequest();
  const pipeline = composePipeline(plugins, to, "problem");
  const reply = await answerOf(pipeline, ctx);
  return { ctx, reply, status: reply.status };
}

export const refuse = (code: ErrorCode): Filter => {
  return () => {
    throw new GatewayError(code);
  };
};
