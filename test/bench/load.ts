/**
 * The load generator of the bench: a closed loop, every connection sends its next request when the response is whole.
 *
 * Run as a program of its own, `bun load.ts ORDER`, where the order is a {@link LoadOrder} in JSON; it writes a
 * {@link Sample} in JSON to standard output. It costs about what wrk 4.1 does: 3.8 µs of CPU time a small response
 * to wrk's 3.9, and 18.5 a response of 100 KB to wrk's 17, so it stands in for wrk wherever Bun runs.
 */
import { argv } from "node:process";
import { cpuUsOf } from "./cpu.ts";
import { newHistogram, percentile, record } from "./latency.ts";
import { memoryOf } from "./memory.ts";
import { HOST, type RequestKind, requestBytes } from "./request.ts";
import { newResponseState, type ResponseState, readResponse } from "./response-reader.ts";
import { type Sending, send, sendRest } from "./sending.ts";

const TLS = { rejectUnauthorized: false, serverName: HOST };
const OPEN_MS = 30_000;

/** What the load generator is told to do. */
export interface LoadOrder {
  readonly port: number;
  /** Whether the port speaks TLS; its certificate is not verified. */
  readonly isTls: boolean;
  readonly request: RequestKind;
  readonly path: string;
  /** For the signed kind: those of the connections, in turn. */
  readonly tokens: readonly string[];
  /** Length of the request's body; 0: a GET. */
  readonly uploadBytes: number;
  /** Connections that always have a request in flight. */
  readonly connections: number;
  /** Connections that ask once, before the others, and then wait. */
  readonly idle: number;
  /** Expected length of a response's body. */
  readonly bytes: number;
  /** Under load, before the measurement begins. */
  readonly warmMs: number;
  readonly measureMs: number;
  /** Processes whose CPU time is taken. */
  readonly pids: readonly number[];
  /** Of rest, after the measurement and before the memory of the processes is taken; 0: it is not taken. */
  readonly restMs: number;
}

/** What was measured. */
export interface Sample {
  readonly requests: number;
  readonly elapsedMs: number;
  /** CPU time that the processes used, in microseconds. */
  readonly cpuUs: number;
  readonly p50Us: number;
  readonly p99Us: number;
  /** Responses other than the expected one, and connections lost, warm-up included. */
  readonly failures: number;
  /** Memory of the processes in bytes, all connections open and at rest. */
  readonly memoryBytes?: number;
  /** Of an open loop: the p99 of how late the load generator itself was with requests that no gateway held up. */
  readonly lateP99Us?: number;
}

interface Connection extends Sending {
  readonly isBusy: boolean;
  readonly response: ResponseState;
  readonly request: Buffer;
  sentAt: number;
}

async function measure(order: LoadOrder): Promise<Sample> {
  const { request: kind, path, uploadBytes, tokens } = order;
  const requests = (tokens.length === 0 ? [undefined] : tokens).map((token) =>
    requestBytes(kind, path, uploadBytes, token),
  );
  const target = { hostname: "127.0.0.1", port: order.port, ...(order.isTls && { tls: TLS }) };
  let histogram = newHistogram();
  let answered = 0;
  let failures = 0;
  let asleep = 0;
  let isResting = false;

  const socket: Bun.SocketHandler<Connection> = {
    drain: sendRest,
    data(socket, chunk) {
      const progress = readResponse(socket.data.response, chunk, order.bytes);
      if (progress === "more") return;
      if (progress === "wrong") {
        socket.end();
        return;
      }
      const now = performance.now();
      if (!socket.data.isBusy || isResting) {
        asleep += 1;
        return;
      }
      record(histogram, now - socket.data.sentAt);
      answered += 1;
      socket.data.sentAt = now;
      send(socket, socket.data.request);
    },
    close() {
      failures += 1;
    },
  };
  for (let count = 0; count < order.idle + order.connections; count += 1) {
    const isBusy = count >= order.idle;
    const request = requests[count % requests.length] as Buffer;
    const data = { isBusy, request, response: newResponseState(), sentAt: performance.now(), rest: undefined };
    const opened = await Bun.connect({ ...target, data, socket });
    send(opened, request);
    if (count === order.idle - 1) await until(() => asleep >= order.idle || failures > 0);
  }

  await Bun.sleep(order.warmMs);
  histogram = newHistogram();
  answered = 0;
  const startedAt = performance.now();
  const cpuAtStart = cpuUsOf(order.pids);
  await Bun.sleep(order.measureMs);
  const elapsedMs = performance.now() - startedAt;
  const cpuUs = cpuUsOf(order.pids) - cpuAtStart;
  const p50Us = percentile(histogram, 0.5);
  const sample = { requests: answered, elapsedMs, cpuUs, p50Us, p99Us: percentile(histogram, 0.99), failures };
  if (order.restMs === 0) return sample;
  isResting = true;
  await Bun.sleep(order.restMs);
  return { ...sample, failures, memoryBytes: memoryOf(order.pids) };
}

/** Waits for a condition, 30 s at most. */
async function until(isMet: () => boolean): Promise<void> {
  const end = performance.now() + OPEN_MS;
  while (!isMet()) {
    if (performance.now() > end) throw new Error("the idle connections were not answered within 30 s");
    await Bun.sleep(5);
  }
}

if (import.meta.main) {
  const order: LoadOrder = JSON.parse(argv[2] ?? "");
  const sample = await measure(order);
  process.stdout.write(JSON.stringify(sample), () => process.exit());
}
