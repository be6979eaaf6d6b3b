/**
 * The open loop: requests are due at times fixed beforehand, whatever became of those before them, and latency counts
 * from the time a request was due: a gateway that stalls is charged for all that it kept waiting.
 *
 * It runs within the upstream's program and never sleeps: as two programs on one core, each would wait for the other's
 * time slice, and as that of the gateway it would be told.
 */
import { cpuUsOf } from "./cpu.ts";
import { newHistogram, percentile, record } from "./latency.ts";
import type { Sample } from "./load.ts";
import { requestBytes } from "./request.ts";
import { newResponseState, type ResponseState, readResponse } from "./response-reader.ts";

/** What the open loop is told to do. */
export interface OpenLoopOrder {
  readonly port: number;
  readonly path: string;
  /** At most so many requests are in flight; more wait, and their waiting counts. */
  readonly connections: number;
  /** Expected length of a response's body. */
  readonly bytes: number;
  /** Requests a second. */
  readonly rate: number;
  readonly warmMs: number;
  readonly measureMs: number;
  /** Processes whose CPU time is taken. */
  readonly pids: readonly number[];
}

interface Connection {
  readonly response: ResponseState;
  /** When the request that is in flight was due. */
  dueAt: number;
}

/** How long the last responses are waited for. */
const END_MS = 2_000;

/** Sends requests at a constant rate and measures; a request without a response in the end is a failure. */
export async function runOpenLoop(order: OpenLoopOrder): Promise<Sample> {
  const { rate, warmMs, measureMs } = order;
  const request = requestBytes("typical", order.path, 0);
  const histogram = newHistogram();
  const lateness = newHistogram();
  // When every connection was last found busy: what was due before then, the gateway held up.
  let heldUpAt = 0;
  const free: Bun.Socket<Connection>[] = [];
  const all: Bun.Socket<Connection>[] = [];
  let measureFrom = 0;
  let requests = 0;
  let failures = 0;
  let inFlight = 0;
  let isEnding = false;

  const socket: Bun.SocketHandler<Connection> = {
    open(socket) {
      socket.data = { response: newResponseState(), dueAt: 0 };
    },
    data(socket, chunk) {
      const progress = readResponse(socket.data.response, chunk, order.bytes);
      if (progress === "more") return;
      inFlight -= 1;
      if (progress === "wrong") {
        socket.end();
        return;
      }
      if (socket.data.dueAt >= measureFrom) {
        record(histogram, performance.now() - socket.data.dueAt);
        requests += 1;
      }
      free.push(socket);
    },
    close() {
      if (!isEnding) failures += 1;
    },
  };
  for (let count = 0; count < order.connections; count += 1) {
    all.push(await Bun.connect({ hostname: "127.0.0.1", port: order.port, socket }));
  }
  free.push(...all);

  const startedAt = performance.now();
  measureFrom = startedAt + warmMs;
  const total = Math.floor((rate * (warmMs + measureMs)) / 1_000);
  const gapMs = 1_000 / rate;
  let cpuAtStart: number | undefined;
  for (let sent = 0; sent < total && failures === 0; ) {
    const now = performance.now();
    if (cpuAtStart === undefined && now >= measureFrom) cpuAtStart = cpuUsOf(order.pids);
    for (let dueAt = startedAt + sent * gapMs; sent < total && dueAt <= now; dueAt = startedAt + sent * gapMs) {
      const socket = free.pop();
      if (socket === undefined) {
        heldUpAt = now;
        break;
      }
      if (dueAt > heldUpAt) record(lateness, now - dueAt);
      socket.data.dueAt = dueAt;
      socket.write(request);
      inFlight += 1;
      sent += 1;
    }
    await nextTurn();
  }
  const elapsedMs = performance.now() - measureFrom;
  const cpuUs = cpuUsOf(order.pids) - (cpuAtStart ?? 0);
  const giveUpAt = performance.now() + END_MS;
  while (inFlight > 0 && failures === 0 && performance.now() < giveUpAt) await nextTurn();
  isEnding = true;
  for (const each of all) each.end();
  const p50Us = percentile(histogram, 0.5);
  const lateP99Us = percentile(lateness, 0.99);
  const p99Us = percentile(histogram, 0.99);
  return { requests, elapsedMs, cpuUs, p50Us, p99Us, lateP99Us, failures: failures + inFlight };
}

/** Lets the event loop handle what has come, without sleeping. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
