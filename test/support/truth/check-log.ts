import { ERRORS } from "../../../src/errors.ts";
import type { LogLine } from "../gateway.ts";
import type { Bytes, Exchange } from "./exchange.ts";
import type { World } from "./world.ts";

/** The line `request` of each exchange, by its id. */
export function linesById(logs: readonly LogLine[]): ReadonlyMap<string, readonly LogLine[]> {
  return Map.groupBy(
    logs.filter(({ msg }) => msg === "request"),
    (line) => (line.requestHeaders as Readonly<Record<string, string>> | undefined)?.["user-agent"] ?? "",
  );
}

/** What is wrong with the access log; nothing if it tells the truth. */
export function lieInLog(world: World, logs: readonly LogLine[]): string[] {
  const lines = linesById(logs);
  const lies = world.exchanges.flatMap((exchange) => {
    const [line, ...more] = lines.get(exchange.id) ?? [];
    if (exchange.isBare) return line === undefined ? [] : [`${exchange.id}: is in the access log`];
    if (line === undefined || more.length > 0) return [`${exchange.id}: ${more.length + (line ? 1 : 0)} lines`];
    const wrong = lieInLine(world, exchange, line);
    return wrong.length === 0 ? [] : [`${exchange.id}: ${wrong.join()}: ${JSON.stringify(line)}`];
  });
  const known = new Set(world.exchanges.map(({ id }) => id));
  const strange = [...lines.keys()].filter((id) => !known.has(id)).map((id) => `a line of nobody: ${id}`);
  return [...lies, ...strange, ...world.refusals.flatMap((refusal) => lieInRefusal(refusal, logs))];
}

function lieInRefusal({ requestId, code }: World["refusals"][number], logs: readonly LogLine[]): string[] {
  const lines = logs.filter((line) => line.requestId === requestId);
  const [line] = lines;
  const isRight =
    lines.length === 1 && line?.msg === "request refused" && line.code === code && line.source === ERRORS[code].source;
  return isRight ? [] : [`a refusal ${code} has the lines ${JSON.stringify(lines)}`];
}

function lieInLine(world: World, exchange: Exchange, line: LogLine): string[] {
  const { method, path, route, service, status, code, attempts, bytesIn, bytesOut } = exchange;
  const upstreamMs = line.upstreamMs as number | undefined;
  const durationMs = Number(line.durationMs);
  const isBroken = status === 499 || line.errorCode === "client_closed";
  const arrivals = world.arrivalsOf(exchange.id);
  const ids = exchange.besides === 0 ? arrivals.map(({ request }) => request.header("x-request-id")) : [];
  const facts: readonly [string, boolean][] = [
    ["method", line.method === method],
    ["path", line.path === path],
    ["route", (line.route ?? "") === route],
    ["service", (line.service ?? "") === service],
    ["status", line.status === status],
    ["code", line.errorCode === code],
    ["blame", line.errorSource === (code === undefined ? undefined : ERRORS[code].source)],
    ["attempts", attempts === undefined || line.attempts === attempts],
    ["bytes in", isWithin(line.bytesIn, bytesIn)],
    ["bytes out", isWithin(line.bytesOut, bytesOut)],
    ["client", line.client === "127.0.0.1"],
    ["target", line.target !== undefined || Number(line.attempts) === 0],
    ["id of the reply", exchange.reply === undefined || exchange.reply.header("x-request-id") === line.requestId],
    ["id of the service's request", ids.every((id) => id === line.requestId)],
    ["time", durationMs >= 0 && (upstreamMs === undefined || (upstreamMs >= 0 && upstreamMs <= durationMs + 0.01))],
    ["time of the service", (upstreamMs !== undefined) === hasUpstreamReply(exchange)],
    ["level", line.level === (isFailure(exchange) ? "error" : "info")],
    ["error", (line.error !== undefined) === (isFailure(exchange) && code !== undefined)],
    ["trace", line.traceId !== undefined && line.spanId !== undefined],
    ["what the reply says of time", isBroken || isTimed(exchange, durationMs)],
  ];
  return facts.filter(([, isTrue]) => !isTrue).map(([name]) => name);
}

/** The last attempt was answered. */
function hasUpstreamReply({ heads, status, code }: Exchange): boolean {
  if (heads === 0 || status === 499) return false;
  return status < 500 || code === undefined;
}

function isFailure({ status, code }: Exchange): boolean {
  return code === undefined ? status >= 500 : ERRORS[code].source !== "downstream";
}

/** Server-Timing, whose parts are no more than the whole. */
function isTimed({ reply, status }: Exchange, durationMs: number): boolean {
  const told = reply?.all("server-timing").at(-1);
  if (reply === undefined || status === 101) return true;
  const [, own, upstream] = /^gateway;dur=([\d.]+), upstream;dur=([\d.]+)$/.exec(told ?? "") ?? [];
  if (own === undefined || upstream === undefined) return false;
  return Number(own) + Number(upstream) <= durationMs + 0.2;
}

function isWithin(value: unknown, [least, most]: Bytes): boolean {
  return typeof value === "number" && value >= least && value <= most;
}
