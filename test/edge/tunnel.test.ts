import { afterEach, beforeEach, describe, expect, jest, test } from "bun:test";
import { openTunnel } from "../../src/edge/tunnel.ts";
import type { ClientEvents, ClientSocket, ListedConnection } from "../../src/edge/wire-owner.ts";
import { GatewayError } from "../../src/errors.ts";
import { HeaderList } from "../../src/message/headers.ts";
import { Reply } from "../../src/message/reply.ts";
import type { SocketEvents, Upgraded } from "../../src/message/tunnel.ts";
import { createContext } from "../../src/testing/request.ts";

/** A tunnel between two sockets that do nothing by themselves: what happens on them is told by the test. */
function tunnel({ idleMs = 3_600_000 } = {}) {
  const told = { client: [] as string[], target: [] as string[] };
  const ended: (string | undefined)[] = [];
  const socketOf = (list: string[]) => ({
    write: (bytes: Uint8Array) => list.push(Buffer.from(bytes).toString("latin1")) && bytes.length,
    pause: () => undefined,
    resume: () => undefined,
    shutdown: () => void list.push("<fin>"),
    terminate: () => void list.push("<rst>"),
  });
  const started: SocketEvents[] = [];
  const upgraded: Upgraded = {
    ...socketOf(told.target),
    protocol: "raw",
    idleMs,
    start: (to) => void started.push(to),
  };
  const socket: ClientSocket = {
    ...socketOf(told.client),
    remoteAddress: "127.0.0.1",
    remotePort: 1,
    data: undefined,
    end: () => undefined,
  };
  const ctx = createContext({}, undefined, undefined);
  const connection: ListedConnection = { drain: () => undefined, abort: () => undefined };
  const owner = {
    onUpgraded: () => undefined,
    onClosed: () => undefined,
    handler: { finish: () => void ended.push(ctx.error?.code) },
  };
  const reply = new Reply(101, new HeaderList());
  const client = { socket, ahead: undefined, isEnded: false };
  openTunnel({ owner, ctx, reply, client, upgraded }, connection);
  const [target] = started;
  if (socket.data === undefined || target === undefined) throw new Error("the tunnel has not begun");
  told.client.length = 0;
  const events: { readonly client: ClientEvents; readonly target: SocketEvents } = { client: socket.data, target };
  return { ...events, told, ended, ctx };
}

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

describe("the end of a tunnel", () => {
  test("is proper when both sides have said that they are done", () => {
    const { client, target, told, ended } = tunnel();
    client.onEnd();
    target.onEnd();
    client.onClose(undefined);
    expect(ended).toEqual([]);
    target.onClose(undefined);
    expect(ended).toEqual([undefined]);
    expect(told).toEqual({ client: ["<fin>"], target: ["<fin>"] });
  });

  test("is proper, too, when a close answers the FIN that was passed on", () => {
    const { client, target, told, ended } = tunnel();
    client.onEnd();
    target.onClose(undefined);
    expect(told).toEqual({ client: ["<fin>"], target: ["<fin>"] });
    client.onClose(undefined);
    expect(ended).toEqual([undefined]);
  });

  test("is a failure when a reset answers it", () => {
    const { client, target, told, ended } = tunnel();
    client.onEnd();
    target.onClose(new Error("ECONNRESET"));
    expect(told.client).toEqual(["<rst>"]);
    client.onClose(undefined);
    expect(ended).toEqual(["upstream_reset"]);
  });

  test("is a failure when a side that has said it is done goes away before the other is", () => {
    const { client, target, told, ended } = tunnel();
    client.onEnd();
    client.onClose(undefined);
    expect(told.target).toEqual(["<fin>", "<rst>"]);
    target.onClose(undefined);
    expect(ended).toEqual(["client_closed"]);
  });

  test("is told once, whatever is told of its sockets", () => {
    const { client, target, ended } = tunnel();
    client.onError(new Error("EPIPE"));
    client.onClose(undefined);
    target.onClose(undefined);
    target.onClose(undefined);
    client.onClose(undefined);
    expect(ended).toEqual(["client_closed"]);
  });

  test("keeps the error that the gateway itself has found", () => {
    const { client, target, ended } = tunnel();
    target.onClose(new GatewayError("internal"));
    client.onClose(undefined);
    expect(ended).toEqual(["internal"]);
  });

  test("leaves no timeout behind", () => {
    const { client, target, ctx } = tunnel({ idleMs: 19 });
    client.onEnd();
    target.onEnd();
    client.onClose(undefined);
    target.onClose(undefined);
    jest.advanceTimersByTime(1_000);
    expect(ctx.error).toBeUndefined();
  });
});

describe("the idle time of a tunnel", () => {
  test("begins with the 101", () => {
    const { told, ctx } = tunnel({ idleMs: 21 });
    jest.advanceTimersByTime(20);
    expect(ctx.error).toBeUndefined();
    jest.advanceTimersByTime(2);
    expect(ctx.error?.code).toBe("upstream_timeout");
    expect(told).toEqual({ client: ["<rst>"], target: ["<rst>"] });
  });

  test("begins anew when a side takes bytes that have waited", () => {
    const { target, ctx } = tunnel({ idleMs: 400 });
    for (let i = 0; i < 4; i++) {
      jest.advanceTimersByTime(300);
      target.onDrain();
    }
    jest.advanceTimersByTime(399);
    expect(ctx.error).toBeUndefined();
    jest.advanceTimersByTime(2);
    expect(ctx.error?.code).toBe("upstream_timeout");
  });
});
