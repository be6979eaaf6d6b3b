import { afterEach, describe, expect, test } from "bun:test";
import type { LoadOrder, Sample } from "./load.ts";
import { runOpenLoop } from "./open-loop.ts";
import { freePorts } from "./ports.ts";
import { SCENARIOS } from "./scenarios.ts";

const whole = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
const cleanups: (() => void)[] = [];

afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** Long enough for what is to happen meanwhile, on a machine that is busy with something else. */
const MEASURED_MS = 500;

/** A server on a free port that answers every chunk alike; undefined closes the connection, "" leaves it waiting. */
function serve(answer: (count: number) => string | undefined): number {
  let count = 0;
  const listener = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      data(socket) {
        count += 1;
        const text = answer(count);
        if (text === undefined) socket.end();
        else socket.write(text);
      },
    },
  });
  cleanups.push(() => listener.stop(true));
  return listener.port;
}

async function load(port: number, warmMs = 10, more: Partial<LoadOrder> = {}): Promise<Sample> {
  const order: LoadOrder = {
    port,
    isTls: false,
    request: "typical",
    path: "/",
    uploadBytes: 0,
    tokens: [],
    idle: 0,
    restMs: 0,
    connections: 4,
    bytes: 5,
    warmMs,
    measureMs: MEASURED_MS,
    pids: [process.pid],
    ...more,
  };
  const program = Bun.spawn([process.execPath, `${import.meta.dir}/load.ts`, JSON.stringify(order)]);
  return JSON.parse(await new Response(program.stdout).text());
}

describe("load generator", () => {
  test("counts the responses of the measured time, and none of them as a failure", async () => {
    let served = 0;
    const sample = await load(
      serve((count) => {
        served = count;
        return whole;
      }),
    );
    expect(sample.failures).toBe(0);
    expect(sample.requests).toBeGreaterThan(0);
    expect(sample.requests).toBeLessThan(served);
    expect(sample.elapsedMs).toBeGreaterThanOrEqual(MEASURED_MS - 1);
    expect(sample.p99Us).toBeGreaterThanOrEqual(sample.p50Us);
  });

  test("responses of the warm-up are not counted", async () => {
    const sample = await load(
      serve((count) => (count <= 8 ? whole : "")),
      1_000,
    );
    expect(sample).toMatchObject({ requests: 0, p50Us: 0, failures: 0 });
  });

  test("a wrong response is a failure", async () => {
    const sample = await load(serve((count) => (count === 3 ? whole.replace("200", "502") : whole)));
    expect(sample.failures).toBe(1);
  });

  test("a connection that is lost is a failure", async () => {
    const sample = await load(serve((count) => (count > 6 ? undefined : whole)));
    expect(sample.failures).toBe(4);
  });
});

describe("load generator, further", () => {
  test("idle connections ask once and stay, beside the busy ones", async () => {
    const asked = new Map<Bun.Socket, number>();
    const listener = Bun.listen({
      hostname: "127.0.0.1",
      port: 0,
      socket: {
        data(socket) {
          asked.set(socket, (asked.get(socket) ?? 0) + 1);
          socket.write(whole);
        },
      },
    });
    cleanups.push(() => listener.stop(true));
    const sample = await load(listener.port, 10, { idle: 20, restMs: 10 });
    expect(sample.failures).toBe(0);
    expect(asked.size).toBe(24);
    expect([...asked.values()].filter((count) => count === 1)).toHaveLength(20);
    expect(sample.memoryBytes).toBeGreaterThan(1_000_000);
  });

  test("uploads arrive whole, through the upstream", async () => {
    const sample = await load(await startUpstream(), 10, { path: "/small", bytes: 55, uploadBytes: 300_000 });
    expect(sample).toMatchObject({ failures: 0 });
    expect(sample.requests).toBeGreaterThan(0);
  });
});

describe("open loop", () => {
  test("sends at its rate, and counts the waiting of what a stall held up", async () => {
    let stalledUntil = 0;
    const server = Bun.listen({
      hostname: "127.0.0.1",
      port: 0,
      socket: {
        data(socket) {
          if (stalledUntil === 0) stalledUntil = performance.now() + 100;
          setTimeout(() => socket.write(whole), Math.max(stalledUntil - performance.now(), 0));
        },
      },
    });
    cleanups.push(() => server.stop(true));
    const order = { port: server.port, path: "/", connections: 2, bytes: 5, rate: 500, warmMs: 0, measureMs: 300 };
    const sample = await runOpenLoop({ ...order, pids: [process.pid] });
    expect(sample).toMatchObject({ requests: 150, failures: 0 });
    // Of 150 requests 50 were due within the stall; a closed loop would count two of them.
    expect(sample.p99Us).toBeGreaterThan(80_000);
  });

  test("a response that never comes is a failure", async () => {
    const order = { path: "/", connections: 1, bytes: 5, rate: 100, warmMs: 0, measureMs: 10, pids: [process.pid] };
    expect((await runOpenLoop({ ...order, port: serve(() => "") })).failures).toBe(1);
  });
});

describe("upstream", () => {
  test("answers every scenario's path, and no other", async () => {
    const port = await startUpstream();
    for (const { path, body, contentType } of SCENARIOS) {
      const response = await fetch(`http://127.0.0.1:${port}${path}`);
      expect(response.headers.get("content-type")).toBe(contentType);
      expect(Buffer.from(await response.arrayBuffer()).equals(body)).toBe(true);
    }
    expect((await fetch(`http://127.0.0.1:${port}/other`)).status).toBe(404);
  });

  test("waits for the end of a head that comes in pieces", async () => {
    const port = await startUpstream();
    const { promise: reply, resolve } = Promise.withResolvers<string>();
    const socket = await Bun.connect({
      hostname: "127.0.0.1",
      port,
      socket: {
        drain() {},
        data(_, chunk) {
          resolve(chunk.toString());
        },
      },
    });
    cleanups.push(() => socket.end());
    for (const piece of ["GET /sm", "all HTTP/1.1\r\nHost: a\r\n", "\r\n"]) {
      socket.write(piece);
      // Once another request is answered, the piece has been read by itself.
      await fetch(`http://127.0.0.1:${port}/small`);
    }
    expect(await reply).toEndWith("}");
  });
});

async function startUpstream(): Promise<number> {
  const [port = 0] = freePorts(1);
  const program = Bun.spawn([process.execPath, `${import.meta.dir}/upstream.ts`, String(port)]);
  cleanups.push(() => program.kill());
  for (;;) {
    try {
      const socket = await Bun.connect({ hostname: "127.0.0.1", port, socket: { data() {} } });
      socket.end();
      return port;
    } catch {
      if (program.exitCode !== null) throw new Error("the upstream ended");
    }
  }
}
