import { describe, expect, test } from "bun:test";
import { GatewayError } from "../../src/errors.ts";
import { Timeout, timeoutQueue } from "../../src/timeouts.ts";
import type { ConnectionEvents } from "../../src/upstream/connection-events.ts";
import { UpgradedConnection } from "../../src/upstream/upgraded.ts";
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
    onClose: (cause: Error | undefined) => void told.push(cause === undefined ? "<close>" : `<close ${cause}>`),
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
  expect(events.told).toEqual([expect.stringContaining("<close")]);
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

describe("a connection that has switched", () => {
  /** On a socket that does nothing by itself. */
  function made(idleMs = 3_600_000) {
    const told: string[] = [];
    const note = (what: string) => () => void told.push(what);
    let handed: ConnectionEvents | undefined;
    const socket = {
      write: (bytes: Uint8Array) => bytes.length,
      pause: note("pause"),
      resume: note("resume"),
      shutdown: note("shutdown"),
      terminate: note("terminate"),
      data: {
        handOver: (to: ConnectionEvents) => {
          handed = to;
        },
      },
    };
    const closed: GatewayError[] = [];
    const owner = { close: (error: GatewayError) => void closed.push(error) };
    const upgraded = new UpgradedConnection(owner, socket, "raw", Buffer.alloc(0), timeoutQueue(idleMs));
    if (handed === undefined) throw new Error("the socket's events were not handed over");
    return { upgraded, events: handed, told, closed };
  }

  test("keeps an end that comes before it is started", () => {
    const { upgraded, events } = made();
    const to = recorder();
    events.onData(Buffer.from("last"));
    events.onEnd();
    upgraded.start(to);
    expect(to.told).toEqual(["last", "<end>"]);
  });

  test("is closed once, and says so once", () => {
    const { upgraded, events, closed } = made();
    const to = recorder();
    upgraded.start(to);
    events.onClose(undefined);
    events.onClose(new Error("again"));
    expect(to.told).toEqual(["<close>"]);
    expect(closed).toHaveLength(1);
  });

  test("tells the error of a handler that has thrown, and ends", () => {
    const { upgraded, events, told } = made();
    const to = recorder();
    upgraded.start(to);
    events.close(new GatewayError("internal"));
    expect(to.told).toEqual([expect.stringMatching(/^<close .*>$/)]);
    expect(told.at(-1)).toBe("terminate");
  });

  test("that is closed before it is started leaves no timeout behind", async () => {
    const { events, told } = made(17);
    events.onClose(undefined);
    const later = Promise.withResolvers<void>();
    new Timeout({ onTimeout: () => later.resolve() }).set(timeoutQueue(17));
    await later.promise;
    expect(told).not.toContain("terminate");
  });
});
