import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { startBlackHole } from "../support/black-hole.ts";
import { type GatewayProcess, startGateway } from "../support/gateway.ts";
import { problemOf } from "../support/problem.ts";
import { exchange } from "../support/raw.ts";
import { hangs } from "../support/scripts.ts";
import { startUpstream, type Upstream, type UpstreamConnection } from "../support/upstream.ts";

const CONNECT_MS = 250;
/** For a target whose answer is there at once. */
const PATIENT_MS = 20_000;
/** How late a busy machine may be. */
const LATE_MS = 5_000;

const cleanup = new AsyncDisposableStack();
let gateway: GatewayProcess;
let silent: Upstream;

beforeAll(async () => {
  const closed = startUpstream(hangs());
  closed.stop();
  const hole = cleanup.use(await startBlackHole());
  silent = cleanup.use(startUpstream(hangs(), { onOpen: listenOnly }));
  const target = (name: string, url: string, connectMs = PATIENT_MS, more = "") =>
    `  ${name}: { targets: ["${url}"], ${more} timeouts: { connect: ${connectMs}ms, pool: 1s } }`;
  const names = ["refused", "hole", "one", "unix", "name", "silent"];
  gateway = cleanup.use(
    await startGateway(`
services:
${target("refused", `http://127.0.0.1:${closed.port}`)}
${target("hole", `http://127.0.0.1:${hole.port}`, CONNECT_MS)}
${target("one", `http://127.0.0.1:${hole.port}`, CONNECT_MS, "pool: { max-connections: 1 },")}
${target("unix", "unix:/nowhere/at-all.sock")}
${target("name", "http://no-such-host.invalid:80")}
${target("silent", `https://127.0.0.1:${silent.port}`, CONNECT_MS)}
routes:
${names.map((name) => `  - { path: /${name}, service: ${name} }`).join("\n")}
`),
  );
});

afterAll(() => cleanup.disposeAsync());

async function timed(path: string): Promise<{ answer: string; ms: number }> {
  const startedAt = performance.now();
  const response = await exchange(gateway.port, `GET ${path} HTTP/1.1\r\nHost: a.test\r\n\r\n`);
  return { answer: problemOf(response), ms: performance.now() - startedAt };
}

describe("a target that cannot be connected to", () => {
  test("that refuses is 502 at once, for requests of any method", async () => {
    const { answer, ms } = await timed("/refused");
    expect(answer).toBe("502 upstream_connect");
    expect(ms).toBeLessThan(LATE_MS);
    const post = "POST /refused HTTP/1.1\r\nHost: a.test\r\nContent-Length: 2\r\n\r\nhi";
    expect(problemOf(await exchange(gateway.port, post))).toBe("502 upstream_connect");
  });

  test("whose Unix socket is not there is 502 at once", async () => {
    const { answer, ms } = await timed("/unix");
    expect(answer).toBe("502 upstream_connect");
    expect(ms).toBeLessThan(LATE_MS);
  });

  test("whose name has no address is 502, and its address is not told", async () => {
    const response = await exchange(gateway.port, "GET /name HTTP/1.1\r\nHost: a.test\r\n\r\n");
    expect(problemOf(response)).toMatch(/^(502 upstream_connect|504 upstream_timeout)$/);
    expect(response.raw).not.toContain("no-such-host");
  });

  test("that never answers the connect is 504 after the connect timeout", async () => {
    const { answer, ms } = await timed("/hole");
    expect(answer).toBe("504 upstream_timeout");
    expect(ms).toBeWithin(CONNECT_MS - 5, CONNECT_MS + LATE_MS);
  });

  test("counts a connect that it cannot call off as open: then the pool is full", async () => {
    expect((await timed("/one")).answer).toBe("504 upstream_timeout");
    expect((await timed("/one")).answer).toBe("503 overloaded");
  });

  test("that never answers the TLS handshake is 504, and its connection is closed", async () => {
    const { answer, ms } = await timed("/silent");
    expect(answer).toBe("504 upstream_timeout");
    expect(ms).toBeGreaterThanOrEqual(CONNECT_MS - 5);
    await silent.waitForClosed();
  });

  test("that answers the handshake with plain HTTP is 502, also if certificates are not verified", async () => {
    using plain = startPlain();
    await using own = await startGateway(`
services:
  plain: { targets: ["https://127.0.0.1:${plain.port}"], tls: { verify: false } }
routes:
  - { path: /, service: plain }
`);
    const response = await exchange(own.port, "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
    expect(problemOf(response)).toBe("502 upstream_connect");
    await plain.waitForClosed();
  });
});

function listenOnly(connection: UpstreamConnection): void {
  connection.isRaw = true;
}

/** Greets with HTTP before anyone has asked. */
function startPlain(): Upstream {
  return startUpstream(hangs(), {
    onOpen(connection) {
      connection.isRaw = true;
      void connection.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    },
  });
}
