import { describe, expect, test } from "bun:test";
import { type InProcessGateway, startInProcess } from "../support/in-process.ts";
import { connect, exchange } from "../support/raw.ts";
import { closes, hangs, replies, resets, response, sendsGarbage } from "../support/scripts.ts";
import { until } from "../support/until.ts";
import { startUpstream } from "../support/upstream.ts";

const get = (more = "") => `GET / HTTP/1.1\r\nHost: a.test\r\n${more}\r\n`;
const EJECTED = "a target is ejected: it gets no requests for a while";

/** A gateway where one failure ejects, once so many targets are there. */
function start(urls: readonly string[], more: string): Promise<InProcessGateway> {
  return startInProcess(`
listen: { host: 127.0.0.1, port: 0, trusted-proxies: [127.0.0.1] }
services:
  s:
    targets: ${JSON.stringify(urls)}
    outlier-detection: { consecutive-failures: 1, max-ejected: 100% }
    balance: round-robin
${more}
routes: [{ path: /*, service: s }]
`);
}

const ejectedOf = ({ logs }: InProcessGateway) =>
  logs.filter(({ message }) => message === EJECTED).map(({ fields }) => fields.target);

describe("what counts against a target", () => {
  test.each([
    ["a 500", replies(response("", { status: 500 }))],
    ["a 599", replies(response("", { status: 599 }))],
    ["a close", closes()],
    ["a reset", resets()],
    ["no HTTP", sendsGarbage()],
    ["no answer in time", hangs()],
  ])("%s", async (_, script) => {
    using bad = startUpstream(script);
    using good = startUpstream(replies());
    await using gateway = await start([bad.url, good.url], "    timeouts: { response: 500ms }");
    for (let i = 0; i < 2; i++) await exchange(gateway.port, get());
    expect(ejectedOf(gateway)).toEqual([bad.url]);
  });

  test("that nobody listens", async () => {
    const bad = startUpstream(hangs());
    bad.stop();
    using good = startUpstream(replies());
    await using gateway = await start([bad.url, good.url], "");
    for (let i = 0; i < 2; i++) await exchange(gateway.port, get());
    expect(ejectedOf(gateway)).toEqual([bad.url]);
  });

  test("that an attempt got its own time and used it up", async () => {
    using bad = startUpstream(hangs());
    using good = startUpstream(replies());
    const retry = "    plugins: { retry: { per-try-timeout: 500ms, budget: { minimum: 100 } } }";
    await using gateway = await start([bad.url, good.url], retry);
    for (let i = 0; i < 2; i++) expect((await exchange(gateway.port, get())).status).toBe(200);
    expect(ejectedOf(gateway)).toEqual([bad.url]);
  });
});

describe("what does not", () => {
  test("a 4xx", async () => {
    using a = startUpstream(replies(response("", { status: 404 })));
    using b = startUpstream(replies(response("", { status: 429 })));
    await using gateway = await start([a.url, b.url], "");
    for (let i = 0; i < 4; i++) await exchange(gateway.port, get());
    expect(ejectedOf(gateway)).toEqual([]);
  });

  test("a client that leaves", async () => {
    using a = startUpstream(hangs());
    using b = startUpstream(hangs());
    await using gateway = await start([a.url, b.url], "");
    const client = await connect(gateway.port);
    void client.send(get());
    await until(() => a.requests.length + b.requests.length === 1);
    client.reset();
    await Promise.all([a.waitForClosed(), b.waitForClosed()]);
    expect(ejectedOf(gateway)).toEqual([]);
  });

  test("the loser of a hedge", async () => {
    using slow = startUpstream(hangs());
    using good = startUpstream(replies());
    const retry = "    plugins: { retry: { hedge: { after: 20ms }, budget: { minimum: 100 } } }";
    await using gateway = await start([slow.url, good.url], retry);
    for (let i = 0; i < 4; i++) expect((await exchange(gateway.port, get())).status).toBe(200);
    expect(slow.requests.length).toBeGreaterThan(0);
    await slow.waitForClosed();
    expect(ejectedOf(gateway)).toEqual([]);
  });

  test("a deadline that the request has brought", async () => {
    using a = startUpstream(hangs());
    using b = startUpstream(hangs());
    await using gateway = await start([a.url, b.url], "    deadline-header: x-timeout");
    for (let i = 0; i < 2; i++) expect((await exchange(gateway.port, get("x-timeout: 500\r\n"))).status).toBe(504);
    expect(a.requests.length + b.requests.length).toBe(2);
    expect(ejectedOf(gateway)).toEqual([]);
  });

  test("the little time that an earlier attempt has left", async () => {
    let first: string | undefined;
    const script = (name: string) => async (_: unknown, connection: { send(text: string): void | Promise<void> }) => {
      first ??= name;
      if (name !== first) return;
      await Bun.sleep(400);
      await connection.send(response("", { status: 503 }));
    };
    using a = startUpstream(script("a"));
    using b = startUpstream(script("b"));
    const more = "    timeouts: { total: 1s }\n    plugins: { retry: { on: [503], budget: { minimum: 100 } } }";
    await using gateway = await start([a.url, b.url], more);
    expect((await exchange(gateway.port, get())).status).toBe(504);
    expect(ejectedOf(gateway)).toEqual([first === "a" ? a.url : b.url]);
  });

  test("the gateway's own bound on connections", async () => {
    using a = startUpstream(hangs());
    using b = startUpstream(hangs());
    await using gateway = await start([a.url, b.url], "    pool: { max-connections: 1, max-pending: 0 }");
    using first = await connect(gateway.port);
    using second = await connect(gateway.port);
    void first.send(get());
    void second.send(get());
    await until(() => a.requests.length + b.requests.length === 2);
    for (let i = 0; i < 2; i++) expect((await exchange(gateway.port, get())).status).toBe(503);
    expect(ejectedOf(gateway)).toEqual([]);
  });
});
