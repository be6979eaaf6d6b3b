import type { AnyElysia } from "elysia";
import { didYouMean } from "../config/nearest.ts";
import { GatewayError } from "../errors.ts";
import type { LogLevel } from "../observe/logger.ts";
import type { LineFilter } from "../observe/tail/filter.ts";
import { type LogTail, MOST_READERS } from "../observe/tail/log-tail.ts";
import { LogStream } from "./log-stream.ts";
import { problemResponse } from "./problem.ts";

const LEVELS: readonly string[] = ["debug", "info", "warn", "error"] satisfies LogLevel[];
const LONGEST_TEXT = 200;
/** x-accel-buffering: nginx, if it is in front, passes on each event at once. */
const HEADERS = { "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no" };

/** The endpoint that tells what the log is written now, as server-sent events. */
export function addLog(app: AnyElysia, tail: LogTail): AnyElysia {
  return app.get("/api/log", ({ request }) => {
    // Elysia answers HEAD by this, and drops what it does not send.
    if (request.method === "HEAD") return new Response(null, { headers: HEADERS });
    const stream = LogStream.open(tail, filterOf(request));
    if (stream !== undefined) return new Response(stream, { headers: HEADERS });
    const detail = `${MOST_READERS} read the log already: close one of them`;
    return problemResponse(new GatewayError("overloaded", { detail }));
  });
}

function filterOf(request: Request): LineFilter {
  const query = URL.parse(request.url)?.searchParams;
  const textOf = (name: string) => {
    const text = query?.get(name) ?? undefined;
    if ((text?.length ?? 0) > LONGEST_TEXT) throw malformed(`${name}: expected at most ${LONGEST_TEXT} characters`);
    return text === "" ? undefined : text;
  };
  const worker = textOf("worker");
  if (worker !== undefined && !/^\d{1,4}$/.test(worker)) throw malformed("worker: expected its number");
  return {
    level: levelOf(textOf("level")),
    contains: textOf("contains"),
    plugin: textOf("plugin"),
    worker: worker === undefined ? undefined : Number(worker),
    route: textOf("route"),
  };
}

function levelOf(text: string | undefined): LogLevel | undefined {
  if (text === undefined || LEVELS.includes(text)) return text as LogLevel | undefined;
  const hint = didYouMean(text, LEVELS);
  throw malformed(`level: expected one of ${LEVELS.join(", ")}${hint === undefined ? "" : `; ${hint}`}`);
}

function malformed(detail: string): GatewayError {
  return new GatewayError("bad_request", { detail });
}
