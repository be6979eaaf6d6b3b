import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { type GatewayProcess, startGateway } from "../support/gateway.ts";
import { poolOf } from "../support/pool-stats.ts";
import { problemOf } from "../support/problem.ts";
import { connect, exchange } from "../support/raw.ts";
import { hangs, replies, response } from "../support/scripts.ts";
import { until } from "../support/until.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";
import { openTunnel, switches, switching, upgradeRequest } from "../support/websocket.ts";

const GET = "GET /ws HTTP/1.1\r\nHost: a\r\n\r\n";

let upstream: Upstream;
let gateway: GatewayProcess;

beforeAll(async () => {
  upstream = startUpstream(hangs());
  gateway = await startGateway(`
services: { all: { targets: ["${upstream.url}"], pool: { max-connections: 1, max-tunnels: 2 }, timeouts: { pool: 1h } } }
routes: [{ path: /ws, service: all, upgrade: [websocket] }]
`);
});
beforeEach(() => {
  upstream.answer((request, connection) =>
    request.header("upgrade") === undefined
      ? connection.send(response("plain"))
      : switches("websocket")(request, connection),
  );
});
afterAll(async () => {
  await gateway.stop();
  upstream.stop();
});

async function tunnelsAre(tunnels: number): Promise<void> {
  await until(async () => (await poolOf(gateway, "all")).tunnels === tunnels);
}

describe("the tunnels to a target", () => {
  test("leave its connections to requests", async () => {
    using first = await connect(gateway.port);
    await openTunnel(first);
    using second = await connect(gateway.port);
    await openTunnel(second);
    expect((await exchange(gateway.port, GET)).body.toString()).toBe("plain");
    expect(await poolOf(gateway, "all")).toMatchObject({ open: 3, idle: 1, inUse: 2, tunnels: 2 });
    // And these are still bounded.
    upstream.answer(hangs());
    const before = upstream.requests.length;
    using busy = await connect(gateway.port);
    void busy.send(GET);
    await upstream.waitForRequests(before + 1);
    using waiting = await connect(gateway.port);
    void waiting.send(GET);
    await until(async () => (await poolOf(gateway, "all")).pending === 1);
    expect(await poolOf(gateway, "all")).toMatchObject({ open: 3, inUse: 3 });
    for (const client of [first, second, busy, waiting]) client.reset();
    await tunnelsAre(0);
  });

  test("let a request that waits have another connection as soon as one has switched", async () => {
    const agreed = Promise.withResolvers<void>();
    upstream.answer(async (_, connection) => {
      connection.isRaw = true;
      await agreed.promise;
      await connection.send(switching());
    });
    const before = upstream.requests.length;
    using client = await connect(gateway.port);
    const opened = openTunnel(client);
    await upstream.waitForRequests(before + 1);
    upstream.answer(replies(response("after it")));
    const waiting = exchange(gateway.port, GET);
    await until(async () => (await poolOf(gateway, "all")).pending === 1);
    agreed.resolve();
    await opened;
    expect((await waiting).body.toString()).toBe("after it");
    client.reset();
    await tunnelsAre(0);
  });

  test("are bounded: one more is refused before the target sees it, and what has ended gives its place back", async () => {
    const { errors } = await poolOf(gateway, "all");
    using first = await connect(gateway.port);
    await openTunnel(first);
    using second = await connect(gateway.port);
    await openTunnel(second);
    const before = upstream.requests.length;
    using third = await connect(gateway.port);
    expect(problemOf(await third.exchange(upgradeRequest()))).toBe("503 overloaded");
    expect(upstream.requests).toHaveLength(before);
    expect((await poolOf(gateway, "all")).errors.overloaded).toBe((errors.overloaded ?? 0) + 1);
    first.reset();
    await tunnelsAre(1);
    expect(await openTunnel(third)).toStartWith("HTTP/1.1 101");
    for (const client of [second, third]) client.reset();
    await tunnelsAre(0);
  });

  test("count requests that may still become one, until they are answered otherwise or given up", async () => {
    upstream.answer(hangs());
    const before = upstream.requests.length;
    using first = await connect(gateway.port);
    void first.send(upgradeRequest());
    await upstream.waitForRequests(before + 1);
    // It waits for the only connection.
    using second = await connect(gateway.port);
    void second.send(upgradeRequest());
    await until(async () => (await poolOf(gateway, "all")).pending === 1);
    using third = await connect(gateway.port);
    expect(problemOf(await third.exchange(upgradeRequest()))).toBe("503 overloaded");
    first.reset();
    second.reset();
    await until(async () => {
      const { inUse, pending } = await poolOf(gateway, "all");
      return inUse === 0 && pending === 0;
    });
    upstream.answer(replies(response("no")));
    for (let i = 0; i < 3; i++) expect((await third.exchange(upgradeRequest())).body.toString()).toBe("no");
  });

  test("do not count a request that is refused before it is sent", async () => {
    await exchange(gateway.port, GET);
    const via = upstream.requests.at(-1)?.header("via");
    const again = upgradeRequest().replace("\r\n\r\n", `\r\nVia: ${via}\r\n\r\n`);
    for (let i = 0; i < 3; i++) expect(problemOf(await exchange(gateway.port, again))).toBe("508 loop_detected");
    using client = await connect(gateway.port);
    expect(await openTunnel(client)).toStartWith("HTTP/1.1 101");
    client.reset();
    await tunnelsAre(0);
  });
});
