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
import { newResponseState, type ResponseState, readResponse } from "./response-reader.ts";

/** What the load generator is told to do. */
export interface LoadOrder {
  readonly port: number;
  readonly path: string;
  readonly connections: number;
  /** Expected length of a response's body. */
  readonly bytes: number;
  /** Under load, before the measurement begins. */
  readonly warmMs: number;
  readonly measureMs: number;
  /** Processes whose CPU time is taken. */
  readonly pids: readonly number[];
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
}

interface Connection {
  readonly response: ResponseState;
  sentAt: number;
}

async function measure(order: LoadOrder): Promise<Sample> {
  const request = Buffer.from(`GET ${order.path} HTTP/1.1\r\nHost: 127.0.0.1:${order.port}\r\n\r\n`);
  let histogram = newHistogram();
  let requests = 0;
  let failures = 0;

  const socket: Bun.SocketHandler<Connection> = {
    open(socket) {
      socket.data = { response: newResponseState(), sentAt: performance.now() };
      socket.write(request);
    },
    data(socket, chunk) {
      const progress = readResponse(socket.data.response, chunk, order.bytes);
      if (progress === "more") return;
      if (progress === "wrong") {
        socket.end();
        return;
      }
      const now = performance.now();
      record(histogram, now - socket.data.sentAt);
      requests += 1;
      socket.data.sentAt = now;
      socket.write(request);
    },
    close() {
      failures += 1;
    },
  };
  for (let count = 0; count < order.connections; count += 1) {
    await Bun.connect({ hostname: "127.0.0.1", port: order.port, socket });
  }

  await Bun.sleep(order.warmMs);
  histogram = newHistogram();
  requests = 0;
  const startedAt = performance.now();
  const cpuAtStart = cpuUsOf(order.pids);
  await Bun.sleep(order.measureMs);
  const elapsedMs = performance.now() - startedAt;
  const cpuUs = cpuUsOf(order.pids) - cpuAtStart;
  const p50Us = percentile(histogram, 0.5);
  return { requests, elapsedMs, cpuUs, p50Us, p99Us: percentile(histogram, 0.99), failures };
}

if (import.meta.main) {
  const order: LoadOrder = JSON.parse(argv[2] ?? "");
  const sample = await measure(order);
  process.stdout.write(JSON.stringify(sample), () => process.exit());
}
