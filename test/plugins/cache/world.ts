import { type InProcessGateway, startInProcess } from "../../support/in-process.ts";
import type { RawRequest, RawResponse } from "../../support/messages.ts";
import { exchange } from "../../support/raw.ts";
import { startUpstream, type Upstream, type UpstreamConnection } from "../../support/upstream.ts";

type Fields = Readonly<Record<string, string | readonly string[]>>;

/** What the service answers next. */
export interface Origin {
  readonly status?: number;
  /** `date` is now unless told; an empty one leaves it out. */
  readonly headers?: Fields;
  readonly body?: string;
  /** The status if the request has a condition, as a service does whose content has not changed. */
  readonly conditional?: number;
}

/** What a client asks. */
export interface Ask {
  readonly method?: string;
  readonly path?: string;
  readonly host?: string;
  readonly headers?: Fields;
  readonly body?: string;
}

/** A gateway with a cache, a service behind it, and a clock that is moved. */
export interface World extends AsyncDisposable {
  readonly gateway: InProcessGateway;
  readonly upstream: Upstream;
  /** Requests that the service has got. */
  readonly asked: readonly RawRequest[];
  /** What the service answers from now on. */
  answers(origin: Origin | ((request: RawRequest, connection: UpstreamConnection) => Origin | undefined)): void;
  ask(request?: Ask): Promise<RawResponse>;
  /** Moves the clock on. */
  pass(seconds: number): void;
  /** A date of HTTP, so many seconds from now. */
  date(seconds?: number): string;
}

/** Starts a world; the options of the cache are as in the YAML, and `more` is put beside the plugin on the route. */
export async function startWorld(options = "{}", more = "", top = ""): Promise<World> {
  let script: (request: RawRequest, connection: UpstreamConnection) => Origin | undefined = () => ({});
  const upstream = startUpstream((request, connection) => {
    const origin = script(request, connection);
    if (origin !== undefined) void connection.send(message(origin, request, date()));
  });
  const gateway = await startInProcess(`${top}
services:
  s: { targets: ["${upstream.url}"] }
routes:
  - path: /*
    service: s
    plugins:
      cache: ${options}
${more}`);
  const { clock } = gateway;
  const date = (seconds = 0) => new Date(clock.nowMs + seconds * 1_000).toUTCString();
  return {
    gateway,
    upstream,
    asked: upstream.requests,
    answers: (origin) => {
      script = typeof origin === "function" ? origin : () => origin;
    },
    ask: (request = {}) => exchange(gateway.port, requestText(request), { method: request.method ?? "GET" }),
    pass: (seconds) => clock.advance(seconds * 1_000),
    date,
    [Symbol.asyncDispose]: async () => {
      await gateway.stop();
      upstream.stop();
    },
  };
}

export function requestText({ method = "GET", path = "/", host = "shop.test", headers = {}, body }: Ask): string {
  const length = body === undefined ? "" : `Content-Length: ${body.length}\r\n`;
  return `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\n${lines(headers)}${length}\r\n${body ?? ""}`;
}

function message(
  { status = 200, headers = {}, body = "content", conditional }: Origin,
  request: RawRequest,
  now: string,
) {
  const hasCondition =
    request.header("if-none-match") !== undefined || request.header("if-modified-since") !== undefined;
  const code = conditional !== undefined && hasCondition ? conditional : status;
  const date = headers.date === undefined ? `date: ${now}\r\n` : headers.date === "" ? "" : `date: ${headers.date}\r\n`;
  const { date: _, ...others } = headers;
  const hasNoBody = code === 304 || code === 204;
  const length = hasNoBody ? "" : `content-length: ${body.length}\r\n`;
  const content = hasNoBody || request.method === "HEAD" ? "" : body;
  return `HTTP/1.1 ${code} Some Reason\r\n${date}${lines(others)}${length}\r\n${content}`;
}

function lines(fields: Fields): string {
  return Object.entries(fields)
    .flatMap(([name, values]) =>
      (typeof values === "string" ? [values] : values).map((value) => `${name}: ${value}\r\n`),
    )
    .join("");
}

/** Whether the reply came out of the store, by the requests that the service has got. */
export async function isAnsweredFromStore(world: World, request: Ask = {}): Promise<boolean> {
  const before = world.asked.length;
  await world.ask(request);
  return world.asked.length === before;
}
