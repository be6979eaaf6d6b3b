import { describe, expect, test } from "bun:test";
import { startGateway } from "../support/gateway.ts";
import { startInProcess } from "../support/in-process.ts";
import { poolOf } from "../support/pool-stats.ts";
import { noise } from "../support/scripts.ts";
import { until } from "../support/until.ts";
import { closeCode, nextMessage, openWebSocket, startEcho } from "../support/websocket.ts";

const yaml = (url: string) => `
plugins: { access-log: {} }
services: { echo: { targets: ["${url}"], timeouts: { pool: 10s } } }
routes: [{ path: /ws, service: echo, upgrade: [websocket] }, { path: /plain, service: echo }]
`;

/** What both have of the same bytes: a hash, since a message of 16 MB makes a long difference. */
function digest(data: unknown): string {
  if (!(data instanceof ArrayBuffer) && !(data instanceof Uint8Array)) throw new Error(`not bytes: ${typeof data}`);
  return Bun.hash(data).toString();
}

describe("a WebSocket through the gateway", () => {
  test.each([1, 125, 126, 65_535, 65_536, 1_048_576, 16 * 1_048_576])("echoes %d bytes", async (size) => {
    await using echo = startEcho();
    await using gateway = await startInProcess(yaml(echo.url));
    const socket = await openWebSocket(gateway.port);
    const bytes = noise(size, size);
    const answer = nextMessage(socket);
    socket.send(bytes);
    expect(digest(await answer)).toBe(digest(bytes));
    socket.close();
    await closeCode(socket);
  });

  test("negotiates permessage-deflate with the service, end to end", async () => {
    await using echo = startEcho({ perMessageDeflate: true });
    await using gateway = await startInProcess(yaml(echo.url));
    const socket = await openWebSocket(gateway.port);
    expect(socket.extensions).toStartWith("permessage-deflate");
    const text = "the same again, ".repeat(10_000);
    const answer = nextMessage(socket);
    socket.send(text);
    expect(await answer).toBe(text);
    socket.close();
    await closeCode(socket);
    const line = await gateway.waitForLog(({ message }) => message === "request");
    // Compressed, both ways: the gateway has seen no more than that.
    expect(Number(line.fields.bytesIn)).toBeLessThan(10_000);
    expect(Number(line.fields.bytesOut)).toBeLessThan(10_000);
  });

  test("passes close codes on, both ways, and is logged once, at its end", async () => {
    await using echo = startEcho();
    await using gateway = await startInProcess(yaml(echo.url));
    const first = await openWebSocket(gateway.port);
    expect(gateway.edges[0]?.tunnels).toBe(1);
    expect(gateway.logs.filter(({ message }) => message === "request")).toEqual([]);
    first.close(4001, "enough");
    await until(() => echo.closes.length === 1);
    expect(echo.closes).toEqual([4001]);

    const second = await openWebSocket(gateway.port);
    const code = closeCode(second);
    for (const socket of echo.sockets) socket.close(4002, "from there");
    expect(await code).toBe(4002);
    await until(() => gateway.edges[0]?.tunnels === 0 && gateway.edges[0].connections === 0);
    const lines = gateway.logs.filter(({ message }) => message === "request");
    expect(lines.map(({ fields }) => [fields.status, fields.errorCode])).toEqual([
      [101, undefined],
      [101, undefined],
    ]);
  });

  test("is one of a thousand at once, and nothing is left of them", async () => {
    await using echo = startEcho();
    await using gateway = await startGateway(yaml(echo.url));
    // The connection to the admin port stays.
    await poolOf(gateway, "echo");
    const before = gateway.fds();
    const sockets = await Promise.all(Array.from({ length: 1_000 }, () => openWebSocket(gateway.port)));
    expect(await poolOf(gateway, "echo")).toMatchObject({ inUse: 1_000, tunnels: 1_000, pending: 0 });
    expect(gateway.fds()).toBeGreaterThanOrEqual(before + 2_000);
    const answers = Promise.all(sockets.map((socket) => nextMessage(socket)));
    for (const [i, socket] of sockets.entries()) socket.send(`message ${i}`);
    expect(await answers).toEqual(sockets.map((_, i) => `message ${i}`));
    const codes = Promise.all(sockets.map((socket) => closeCode(socket)));
    for (const socket of sockets) socket.close(4_000);
    expect(new Set(await codes)).toEqual(new Set([4_000]));
    await until(async () => (await poolOf(gateway, "echo")).inUse === 0);
    const { open } = await poolOf(gateway, "echo");
    await until(() => gateway.fds() <= before + open);
    expect(await poolOf(gateway, "echo")).toMatchObject({ tunnels: 0, pending: 0, errors: {} });
    const ended = () => gateway.logs.filter(({ status, errorCode }) => status === 101 && errorCode === undefined);
    await until(() => ended().length >= 1_000, { what: "the log has all of them" });
    expect(ended()).toHaveLength(1_000);
    expect(echo.sockets.size).toBe(0);
  });

  test("is refused where the route does not allow it: the service gets a plain request", async () => {
    await using echo = startEcho();
    await using gateway = await startInProcess(yaml(echo.url));
    const answer = await fetch(`http://127.0.0.1:${gateway.port}/plain`, {
      headers: { connection: "upgrade", upgrade: "websocket" },
    });
    expect([answer.status, await answer.text()]).toEqual([401, "no WebSocket"]);
    await expect(openWebSocket(gateway.port, "/plain")).rejects.toThrow("the handshake failed");
  });

  test("gets 1001 on both sides when the gateway stops, after the time to drain", async () => {
    await using echo = startEcho();
    await using gateway = await startInProcess(yaml(echo.url));
    const socket = await openWebSocket(gateway.port);
    const code = closeCode(socket);
    const stopped = gateway.stop(1_000);
    const answer = nextMessage(socket);
    socket.send("still there");
    expect(await answer).toBe("still there");
    await stopped;
    expect(await code).toBe(1001);
    await until(() => echo.closes.length === 1);
    expect(echo.closes).toEqual([1001]);
    expect(gateway.edges[0]?.tunnels).toBe(0);
  });
});
