import { describe, expect, test } from "bun:test";
import { closing, frame, OPCODE, readFrame } from "../support/frames.ts";
import { startInProcess } from "../support/in-process.ts";
import { connect } from "../support/raw.ts";
import { noise } from "../support/scripts.ts";
import { until } from "../support/until.ts";
import { startUpstream } from "../support/upstream.ts";
import { closed, latest, openTunnel, openWebSocket, startEcho, switches } from "../support/websocket.ts";

const MB = 1_048_576;

const yaml = (url: string) => `
services: { all: { targets: ["${url}"] } }
routes: [{ path: /ws, service: all, upgrade: [websocket] }]
`;

/** A client that makes its frames itself, on a tunnel to an echo. */
async function rawEcho() {
  const cleanup = new AsyncDisposableStack();
  const echo = cleanup.use(startEcho());
  const gateway = cleanup.use(await startInProcess(yaml(echo.url)));
  const client = cleanup.use(await connect(gateway.port));
  await openTunnel(client);
  return { echo, gateway, client, [Symbol.asyncDispose]: () => cleanup.disposeAsync() };
}

/** Both ends raw. */
async function rawTunnel() {
  const cleanup = new AsyncDisposableStack();
  const upstream = cleanup.use(startUpstream(switches("websocket"), { halfOpen: true }));
  const gateway = cleanup.use(await startInProcess(yaml(upstream.url)));
  const client = cleanup.use(await connect(gateway.port, { halfOpen: true }));
  await openTunnel(client);
  const target = latest(upstream);
  cleanup.defer(() => target.close());
  return { upstream, gateway, client, target, [Symbol.asyncDispose]: () => cleanup.disposeAsync() };
}

describe("frames", () => {
  test.each([1, 125, 126, 65_535, 65_536, MB, 16 * MB])("of %d bytes come back whole", async (size) => {
    await using tunnel = await rawEcho();
    const bytes = noise(size, size);
    void tunnel.client.send(frame(OPCODE.binary, bytes));
    const { opcode, isLast, payload } = await readFrame(tunnel.client, false);
    expect([opcode, isLast, payload.length, Bun.hash(payload)]).toEqual([OPCODE.binary, true, size, Bun.hash(bytes)]);
  });

  test("of a message in fragments pass one by one, with a ping between them", async () => {
    await using tunnel = await rawTunnel();
    const { client, target } = tunnel;
    const frames = [
      frame(OPCODE.text, "one ", { isLast: false }),
      frame(OPCODE.ping, "between"),
      frame(OPCODE.continuation, "", { isLast: false }),
      frame(OPCODE.continuation, "two"),
    ];
    for (const bytes of frames) await client.send(bytes);
    const got = [];
    for (let left = frames.length; left > 0; left--) got.push(await readFrame(target, true));
    expect(got.map(({ opcode, isLast, payload }) => [opcode, isLast, payload.toString()])).toEqual([
      [OPCODE.text, false, "one "],
      [OPCODE.ping, true, "between"],
      [OPCODE.continuation, false, ""],
      [OPCODE.continuation, true, "two"],
    ]);
    // The other way the same, and it is the other side that answers a ping.
    await target.send(frame(OPCODE.pong, "between", { isMasked: false }));
    await target.send(frame(OPCODE.binary, noise(70_000), { isMasked: false, isLast: false }));
    await target.send(frame(OPCODE.continuation, "end", { isMasked: false }));
    expect((await readFrame(client, false)).opcode).toBe(OPCODE.pong);
    const part = await readFrame(client, false);
    expect([part.isLast, Bun.hash(part.payload)]).toEqual([false, Bun.hash(noise(70_000))]);
    expect((await readFrame(client, false)).payload.toString()).toBe("end");
  });

  test("of a message in fragments are one message for the service, which answers a ping among them", async () => {
    await using tunnel = await rawEcho();
    const { client } = tunnel;
    const bytes = noise(200_000);
    await client.send(frame(OPCODE.binary, bytes.subarray(0, 3), { isLast: false }));
    await client.send(frame(OPCODE.ping, "there?"));
    expect(await readFrame(client, false)).toMatchObject({ opcode: OPCODE.pong, payload: Buffer.from("there?") });
    await client.send(frame(OPCODE.continuation, bytes.subarray(3, 100_000), { isLast: false }));
    await client.send(frame(OPCODE.continuation, bytes.subarray(100_000)));
    expect(Bun.hash((await readFrame(client, false)).payload)).toBe(Bun.hash(bytes));
  });
});

describe("a Close frame", () => {
  const CODES = [
    [1000, ""],
    [1001, "going away"],
    [3000, "a library's"],
    [4000, "an application's"],
    [4999, "é".repeat(61)],
  ] as const;

  test.each(CODES)("of the client is passed on with its code and reason: %d %s", async (code, reason) => {
    await using tunnel = await rawEcho();
    const { client, echo } = tunnel;
    await client.send(frame(OPCODE.close, closing(code, reason)));
    // The service answers with one of its own, and ends the connection.
    expect((await readFrame(client, false)).opcode).toBe(OPCODE.close);
    await client.waitForClosed();
    expect([echo.closes, echo.reasons]).toEqual([[code], [reason]]);
  });

  test.each(CODES)("of the service is passed on with its code and reason: %d %s", async (code, reason) => {
    await using echo = startEcho();
    await using gateway = await startInProcess(yaml(echo.url));
    const socket = await openWebSocket(gateway.port);
    const end = closed(socket);
    for (const server of echo.sockets) server.close(code, reason);
    expect(await end).toMatchObject({ code, reason, wasClean: true });
  });

  test.each(["client", "service"])("that never comes, for the %s is gone, shows as 1006 at the other", async (who) => {
    await using echo = startEcho();
    await using gateway = await startInProcess(yaml(echo.url));
    const socket = await openWebSocket(gateway.port);
    const end = closed(socket);
    if (who === "client") socket.terminate();
    else for (const server of echo.sockets) server.terminate();
    expect((await end).code).toBe(1006);
    await echo.waitForCloses(1);
    expect(echo.closes).toEqual([1006]);
    await until(() => gateway.edges[0]?.tunnels === 0 && gateway.edges[0].connections === 0);
  });
});

describe("a listener that stops in the middle of a frame", () => {
  const CUT = 700_000;
  const up = frame(OPCODE.binary, noise(2 * MB, 1));
  const down = frame(OPCODE.binary, noise(2 * MB, 2), { isMasked: false });

  test("closes behind it, however large it is, in both directions", async () => {
    await using tunnel = await rawTunnel();
    const { upstream, gateway, client, target } = tunnel;
    void client.send(up.subarray(0, CUT));
    void target.send(down.subarray(0, CUT));
    await Promise.all([target.waitForBytes(CUT), client.waitForBytes(CUT)]);
    using other = await connect(gateway.port);
    await openTunnel(other);
    const stopped = gateway.stop(0);
    // All tunnels are told at once.
    await readFrame(other, false);
    const further = [frame(OPCODE.text, "too late"), frame(OPCODE.text, "too late", { isMasked: false })];
    void client.send(Buffer.concat([up.subarray(CUT), further[0] ?? up]));
    void target.send(Buffer.concat([down.subarray(CUT), further[1] ?? down]));
    expect(Bun.hash((await readFrame(target, true)).payload)).toBe(Bun.hash(noise(2 * MB, 1)));
    expect(Bun.hash((await readFrame(client, false)).payload)).toBe(Bun.hash(noise(2 * MB, 2)));
    for (const [socket, isMasked] of [[target, true] as const, [client, false] as const]) {
      expect(await readFrame(socket, isMasked)).toMatchObject({ opcode: OPCODE.close, payload: closing(1001) });
      expect((await socket.readAll()).length).toBe(0);
      socket.close();
    }
    other.close();
    latest(upstream).close();
    await stopped;
  });

  test("does not wait for the fragments that follow", async () => {
    await using tunnel = await rawTunnel();
    const { gateway, client, target } = tunnel;
    await client.send(frame(OPCODE.text, "begun", { isLast: false }));
    await readFrame(target, true);
    const stopped = gateway.stop(0);
    expect(await readFrame(target, true)).toMatchObject({ opcode: OPCODE.close, payload: closing(1001) });
    target.close();
    client.close();
    await stopped;
  });
});
