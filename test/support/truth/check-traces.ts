import { ERRORS } from "../../../src/errors.ts";
import type { LogLine } from "../gateway.ts";
import type { ReceivedSpan } from "../otlp/spans.ts";
import { linesById } from "./check-log.ts";
import type { Exchange } from "./exchange.ts";
import type { World } from "./world.ts";

/** What is wrong with the traces; nothing if they tell the truth. */
export function lieInTraces(world: World, logs: readonly LogLine[], spans: readonly ReceivedSpan[]): string[] {
  const lines = linesById(logs);
  const traces = Map.groupBy(spans, ({ traceId }) => traceId);
  const servers = spans.filter(({ kind }) => kind === "server").length;
  const traced = world.exchanges.filter(({ isBare }) => !isBare);
  const lies = traced.flatMap((exchange) => {
    const line = lines.get(exchange.id)?.[0];
    const trace = traces.get(String(line?.traceId)) ?? [];
    const server = trace.find(({ spanId }) => spanId === line?.spanId);
    if (server === undefined) return [`${exchange.id}: has no span`];
    const wrong = [
      ...lieInServer(exchange, server, Number(line?.attempts)),
      ...lieInAttempts(world, exchange, trace, Number(line?.attempts)),
    ];
    return wrong.length === 0 ? [] : [`${exchange.id}: ${wrong.join()}: ${JSON.stringify(trace.map(shown))}`];
  });
  return [...lies, ...(servers === traced.length ? [] : [`${servers} spans of ${traced.length} requests`])];
}

function lieInServer(
  exchange: Exchange,
  { name, kind, status, attributes, startMs, endMs }: ReceivedSpan,
  attempts: number,
) {
  const { code } = exchange;
  const isError = exchange.status >= 500 || (code !== undefined && ERRORS[code].source !== "downstream");
  const type = code ?? (exchange.status >= 500 ? String(exchange.status) : undefined);
  const facts: readonly [string, boolean][] = [
    ["kind", kind === "server"],
    ["name", name.split(" ")[0] === exchange.method && name.includes("/") === (exchange.route !== "")],
    ["status", status === (isError ? "error" : "unset")],
    ["error.type", attributes["error.type"] === type],
    ["code", attributes["http.response.status_code"] === (exchange.status === 499 ? undefined : exchange.status)],
    ["attempts", attributes["sluice.attempts"] === attempts],
    ["route", (attributes["sluice.route"] ?? "") === exchange.route],
    ["service", (attributes["sluice.service"] ?? "") === exchange.service],
    ["cache", attributes["sluice.cache"] === exchange.cache],
    ["time", endMs >= startMs],
  ];
  return facts.filter(([, isTrue]) => !isTrue).map(([fact]) => `span's ${fact}`);
}

/** Each attempt has a span, and the service was told its id. */
function lieInAttempts(world: World, exchange: Exchange, trace: readonly ReceivedSpan[], attempts: number): string[] {
  const clients = trace.filter(({ kind }) => kind === "client");
  const own = attempts - exchange.repeats;
  const { besides } = exchange;
  const failed = clients.filter(({ status }) => status === "error");
  const cancelled = clients.filter(({ attributes }) => attributes["sluice.cancelled"] === true);
  const repeated = clients.filter(({ attributes }) => attributes["sluice.repeated"] === true);
  const types = failed.map(({ attributes }) => String(attributes["error.type"])).filter((type) => !/^\d+$/.test(type));
  const ids = new Set(clients.map(({ spanId }) => spanId));
  const parents = world
    .arrivalsOf(exchange.id)
    .map(({ request }) => request.header("traceparent")?.split("-")[2] ?? "");
  const silent = clients.filter(
    ({ attributes, status }) => attributes["http.response.status_code"] === undefined && status !== "error",
  );
  const facts: readonly [string, boolean][] = [
    ["number", clients.length === own + besides],
    ["failures", types.sort().join() === failuresOf(exchange).sort().join()],
    [
      "heads",
      clients.filter(({ attributes }) => attributes["http.response.status_code"] !== undefined).length ===
        exchange.heads + besides,
    ],
    ["repeats", repeated.length === exchange.repeats],
    ["ends", silent.length === cancelled.length],
    ["parent", parents.every((id) => ids.has(id))],
    ["time", clients.every(({ startMs, endMs }) => endMs >= startMs)],
  ];
  return facts.filter(([, isTrue]) => !isTrue).map(([fact]) => `attempts' ${fact}`);
}

/** A tunnel that its service ends counts as one that went well, but its span tells how it ended. */
function failuresOf({ status, code, failures }: Exchange): string[] {
  return status === 101 && code !== undefined && ERRORS[code].source === "upstream" ? [code] : [...failures];
}

function shown({ name, kind, status, attributes }: ReceivedSpan) {
  const { "error.type": type, "http.response.status_code": code, "http.request.resend_count": resent } = attributes;
  return { name, kind, status, type, code, resent };
}
