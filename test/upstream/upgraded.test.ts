import { expect, test } from "bun:test";
import { until } from "../support/until.ts";
import { startUpstream } from "../support/upstream.ts";
import { latest, switches, switching } from "../support/websocket.ts";
import { contextOf, sent, targetOf } from "./support.ts";

/** A context whose client offers WebSocket. */
function offering() {
  const ctx = contextOf();
  ctx.upgrade = { protocols: ["websocket"], reserve: () => true, release: () => undefined };
  return ctx;
}

/** Notes what it is told. */
function recorder() {
  const told: string[] = [];
  return {
    told,
    onData: (bytes: Buffer) => void told.push(bytes.toString()),
    onDrain: () => undefined,
    onEnd: () => void told.push("<end>"),
    onClose: () => void told.push("<close>"),
  };
}

test("a connection that has switched tells what has come meanwhile once it is started: bytes, then their end", async () => {
  using upstream = startUpstream(
    async (request, connection) => {
      await switches("websocket", "early")(request, connection);
      connection.halfClose();
    },
    { halfOpen: true },
  );
  const target = targetOf(upstream.url);
  const { upgraded } = await sent(target, offering());
  const events = recorder();
  upgraded?.start(events);
  await until(() => events.told.includes("<end>"));
  expect(events.told).toEqual(["early", "<end>"]);
  expect(target.pool).toMatchObject({ open: 1, inUse: 1, tunnels: 1 });
  upgraded?.terminate();
  expect(events.told.at(-1)).toBe("<close>");
  expect(target.pool).toMatchObject({ open: 0, inUse: 0, tunnels: 0 });
  target.close();
});

test("one that is gone before it is started tells that, too", async () => {
  using upstream = startUpstream(switches());
  const target = targetOf(upstream.url);
  const { upgraded } = await sent(target, offering());
  latest(upstream).reset();
  await until(() => target.pool.open === 0);
  const events = recorder();
  upgraded?.start(events);
  expect(events.told).toEqual(["<close>"]);
  expect(upgraded?.write(Buffer.from("x"))).toBe(-1);
  target.close();
});

test("one that nobody starts is closed after the idle time, and reads nothing until then", async () => {
  using upstream = startUpstream((_, connection) => {
    connection.isRaw = true;
    return connection.send(switching());
  });
  const target = targetOf(upstream.url, { timeouts: { idle: "100ms" } });
  await sent(target, offering());
  expect(target.pool.tunnels).toBe(1);
  const sender = latest(upstream);
  void sender.send(Buffer.alloc(64 * 1_048_576));
  await until(() => target.pool.open === 0);
  expect(sender.sent).toBeLessThan(32 * 1_048_576);
  target.close();
});
