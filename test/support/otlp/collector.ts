import { freePort } from "../ports.ts";
import { PATIENCE_MS, until } from "../until.ts";
import { type ReceivedSpan, readSpans } from "./spans.ts";

/** One export as it came. */
export interface ReceivedExport {
  readonly path: string;
  readonly headers: Headers;
  readonly spans: readonly ReceivedSpan[];
}

/** What a collector answers to an export; a promise is waited for. */
export type CollectorAnswer = (received: ReceivedExport) => Response | Promise<Response>;

/** A collector of OTLP over HTTP, which keeps all that it takes. */
export interface Collector extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  /** Every export, those that were refused too. */
  readonly exports: readonly ReceivedExport[];
  /** The spans of those that were answered with 200. */
  readonly spans: readonly ReceivedSpan[];
  answer(answer: CollectorAnswer): void;
  /** Resolves with all spans when at least so many were taken. */
  waitForSpans(count: number, timeout?: number): Promise<readonly ReceivedSpan[]>;
  /** Resolves with the spans of the first trace that has one of that kind and so many in all. */
  waitForTrace(count: number, timeout?: number): Promise<readonly ReceivedSpan[]>;
  stop(): Promise<void>;
}

const TAKEN: CollectorAnswer = () => new Response(null, { headers: { "content-type": "application/x-protobuf" } });

/** Starts one on 127.0.0.1, on a free port unless told. */
export function startCollector(port = freePort()): Collector {
  const exports: ReceivedExport[] = [];
  const spans: ReceivedSpan[] = [];
  let answer = TAKEN;
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port,
    async fetch(request) {
      const body = Buffer.from(await request.arrayBuffer());
      const received = { path: new URL(request.url).pathname, headers: request.headers, spans: readSpans(body) };
      exports.push(received);
      const response = await answer(received);
      if (response.status === 200) spans.push(...received.spans);
      return response;
    },
  });
  const names = () => spans.map(({ name }) => name).join(", ");
  return {
    port: server.port ?? 0,
    url: `http://127.0.0.1:${server.port}`,
    exports,
    spans,
    answer: (next) => {
      answer = next;
    },
    waitForSpans: (count, timeout = PATIENCE_MS) =>
      until(() => (spans.length >= count ? spans : undefined), {
        timeout,
        what: () => `${count} spans came: ${names()}`,
      }),
    waitForTrace: (count, timeout = PATIENCE_MS) =>
      until(
        () => {
          const traces = Map.groupBy(spans, ({ traceId }) => traceId);
          return [...traces.values()].find((trace) => trace.length >= count);
        },
        { timeout, what: () => `a trace of ${count} spans came: ${names()}` },
      ),
    stop: () => server.stop(true),
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}

/** The one span of a kind, or of a name. */
export function spanOf(spans: readonly ReceivedSpan[], what: string): ReceivedSpan {
  const found = spans.filter(({ kind, name }) => kind === what || name === what);
  const [span] = found;
  if (span === undefined || found.length > 1) {
    throw new Error(`${found.length} spans are ${what}, of ${spans.map(({ name }) => name).join(", ")}`);
  }
  return span;
}
