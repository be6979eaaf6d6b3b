import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type InProcessGateway, startInProcess } from "../support/in-process.ts";
import { problemOf } from "../support/problem.ts";
import { connect, exchange } from "../support/raw.ts";
import { hangs, replies, response } from "../support/scripts.ts";
import { until } from "../support/until.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";

const NAME = "x-request-timeout-ms";

const cleanup = new AsyncDisposableStack();
let gateway: InProcessGateway;
let strangers: InProcessGateway;
let upstream: Upstream;

beforeAll(async () => {
  upstream = cleanup.use(startUpstream(replies(response("ok"))));
  const yaml = (trusted: string) => `
listen: { host: 127.0.0.1, port: 0, trusted-proxies: [${trusted}] }
services:
  main:
    targets: ["${upstream.url}"]
    timeouts: { total: 20s }
    deadline-header: X-Request-Timeout-Ms
    plugins: { retry: { backoff: { base: 0ms, max: 0ms }, per-try-timeout: 200ms } }
  short: { targets: ["${upstream.url}"], timeouts: { total: 500ms }, deadline-header: ${NAME} }
  untold: { targets: ["${upstream.url}"] }
routes: [{ path: /, service: main }, { path: /short, service: short }, { path: /untold, service: untold }]
`;
  gateway = cleanup.use(await startInProcess(yaml("127.0.0.1")));
  strangers = cleanup.use(await startInProcess(yaml("")));
});

afterAll(() => cleanup.disposeAsync());

const message = (path: string, more = "") => `GET ${path} HTTP/1.1\r\nHost: a\r\n${more}\r\n`;
const told = () => upstream.requests.at(-1)?.all(NAME);

async function timed(path: string, more: string) {
  const startedAt = performance.now();
  const answer = problemOf(await exchange(gateway.port, message(path, more)));
  return { answer, ms: performance.now() - startedAt };
}

describe("a target is told the time that is left", () => {
  test("which is all of it at first", async () => {
    await exchange(gateway.port, message("/"));
    const [value, ...more] = told() ?? [];
    expect(Number(value)).toBeWithin(15_000, 20_001);
    expect(more).toEqual([]);
  });

  test("and less with each attempt", async () => {
    upstream.answer(hangs());
    const before = upstream.requests.length;
    expect((await timed("/", "")).answer).toBe("504 upstream_timeout");
    upstream.answer(replies(response("ok")));
    const [first = 0, second = 0, third = 0] = upstream.requests.slice(before).map((one) => Number(one.header(NAME)));
    expect(first - second).toBeWithin(195, 5_000);
    expect(second - third).toBeWithin(195, 5_000);
  });

  test("unless it is not to be told: then the header is the client's own", async () => {
    await exchange(gateway.port, message("/untold"));
    expect(told()).toEqual([]);
    await exchange(gateway.port, message("/untold", `${NAME}: 7\r\n`));
    expect(told()).toEqual(["7"]);
  });
});

describe("a deadline that comes with the request", () => {
  test("from a trusted proxy counts, and is passed on", async () => {
    await exchange(gateway.port, message("/", `${NAME}: 7000\r\n`));
    const [value, ...more] = told() ?? [];
    expect(Number(value)).toBeWithin(2_000, 7_001);
    expect(more).toEqual([]);
    upstream.answer(hangs());
    const { answer, ms } = await timed("/", `${NAME}: 150\r\n`);
    upstream.answer(replies(response("ok")));
    expect(answer).toBe("504 upstream_timeout");
    expect(ms).toBeWithin(145, 5_000);
  });

  test("of anybody else is left out", async () => {
    await exchange(strangers.port, message("/", `${NAME}: 7000\r\n`));
    expect(told()).toHaveLength(1);
    expect(Number(told()?.[0])).toBeGreaterThan(7_000);
  });

  test("cannot be longer than the total", async () => {
    upstream.answer(hangs());
    const { answer, ms } = await timed("/short", `${NAME}: 60000\r\n`);
    upstream.answer(replies(response("ok")));
    expect(answer).toBe("504 upstream_timeout");
    expect(ms).toBeWithin(495, 5_000);
    expect(Number(told()?.[0])).toBeWithin(1, 501);
  });

  test("that is over already is answered at once, and no target is asked", async () => {
    const before = upstream.requests.length;
    expect((await timed("/", `${NAME}: 0\r\n`)).answer).toBe("504 upstream_timeout");
    expect(upstream.requests).toHaveLength(before);
  });

  test("bounds the time in which a body is sent, too", async () => {
    using client = await connect(gateway.port);
    const before = upstream.connections.length;
    void client.send(`POST /short HTTP/1.1\r\nHost: a\r\n${NAME}: 150\r\nContent-Length: 8\r\n\r\nhalf`);
    expect(problemOf(await client.readResponse())).toBe("504 upstream_timeout");
    await until(() => upstream.connections.slice(before).every(({ isClosed }) => isClosed));
  });

  test("that is far away leaves a long body its time: the total begins behind it", async () => {
    upstream.answer(hangs());
    using client = await connect(gateway.port);
    const startedAt = performance.now();
    void client.send(`POST /short HTTP/1.1\r\nHost: a\r\n${NAME}: 60000\r\nContent-Length: 8\r\n\r\nhalf`);
    await until(() => upstream.connections.at(-1)?.inbox.rest.includes("half"));
    await until(() => performance.now() - startedAt > 600);
    void client.send("more");
    expect(problemOf(await client.readResponse())).toBe("504 upstream_timeout");
    upstream.answer(replies(response("ok")));
    expect(performance.now() - startedAt).toBeWithin(1_095, 6_000);
    expect(upstream.requests.at(-1)?.body.toString()).toBe("halfmore");
  });
});
