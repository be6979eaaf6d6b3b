import { describe, expect, test } from "bun:test";
import { startGateway } from "../support/gateway.ts";
import { startInProcess } from "../support/in-process.ts";
import { poolOf } from "../support/pool-stats.ts";
import { connect, type RawClient } from "../support/raw.ts";
import { flood, noise } from "../support/scripts.ts";
import type { RawSocket } from "../support/socket.ts";
import { until } from "../support/until.ts";
import { startUpstream } from "../support/upstream.ts";
import { latest, openTunnel, switches, switching } from "../support/websocket.ts";

const MB = 1_048_576;

const yaml = (url: string) => `
services: { all: { targets: ["${url}"] } }
routes: [{ path: /*, service: all, upgrade: [websocket, raw] }]
`;

/** Sends as much as goes, until nothing has gone for a while. */
async function sendUntilStalled(from: RawSocket): Promise<number> {
  const block = Buffer.alloc(65_536, "sluice ");
  void (async () => {
    while (!from.isClosed && from.sent < 900 * MB) await from.send(block);
  })();
  for (let before = -1; before < from.sent; ) {
    before = from.sent;
    await Bun.sleep(500);
  }
  return from.sent;
}

describe("a side that does not read", () => {
  test.each(["the client", "the target"])("stalls the other in bounded memory, and loses nothing: %s", async (who) => {
    using upstream = startUpstream(switches("raw"));
    await using gateway = await startGateway(yaml(upstream.url));
    using client: RawClient = await connect(gateway.port);
    await openTunnel(client, "raw");
    const target = latest(upstream);
    const [slow, fast] = who === "the client" ? [client, target] : [target, client];
    const sent = switching("raw").length;
    const before = gateway.rss();
    slow.inbox.discard();
    slow.pause();
    const stalledAt = await sendUntilStalled(fast);
    expect(stalledAt).toBeLessThan(64 * MB);
    expect(gateway.rss() - before).toBeLessThan(32 * MB);
    // It moves on as soon as the other reads.
    slow.resume();
    await until(() => fast.sent > stalledAt + 32 * MB, { timeout: 20_000 });
    expect(slow.inbox.total).toBeGreaterThan(stalledAt - sent);
    fast.reset();
    await until(() => slow.isClosed, { timeout: 20_000 });
  });
});

test("bytes pass both ways at the same time, none changed", async () => {
  const up = noise(4 * MB, 1);
  const down = noise(4 * MB, 2);
  using upstream = startUpstream(switches("raw"));
  await using gateway = await startInProcess(yaml(upstream.url));
  using client = await connect(gateway.port, { halfOpen: true });
  await openTunnel(client, "raw");
  const target = latest(upstream);
  void client.send(up).then(() => client.halfClose());
  void target.send(down).then(() => target.halfClose());
  const [atTarget, atClient] = await Promise.all([target.readAll(), client.readAll()]);
  expect(Bun.hash(atTarget)).toBe(Bun.hash(up));
  expect(Bun.hash(atClient)).toBe(Bun.hash(down));
});

test("a FIN that comes behind a stalled rest is passed on behind it", async () => {
  using upstream = startUpstream(switches("raw"));
  await using gateway = await startInProcess(yaml(upstream.url));
  using client = await connect(gateway.port, { halfOpen: true });
  await openTunnel(client, "raw");
  const target = latest(upstream);
  client.pause();
  const before = target.sent;
  const size = 12 * MB;
  void flood(target, size).then(() => target.halfClose());
  await until(() => target.sent > before);
  client.resume();
  expect((await client.readAll({ timeout: 20_000 })).length).toBe(size);
});

test("a tunnel keeps its connection out of the pool, and gives its place back", async () => {
  using upstream = startUpstream(switches("raw"));
  await using gateway = await startGateway(yaml(upstream.url));
  using client = await connect(gateway.port);
  await openTunnel(client, "raw");
  expect(await poolOf(gateway, "all")).toMatchObject({ open: 1, idle: 0, inUse: 1, tunnels: 1 });
  client.reset();
  await upstream.waitForClosed();
  expect(await poolOf(gateway, "all")).toMatchObject({ open: 0, idle: 0, inUse: 0, tunnels: 0, closed: 1 });
});
