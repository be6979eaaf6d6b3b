import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type InProcessGateway, startInProcess } from "../support/in-process.ts";
import { problemOf } from "../support/problem.ts";
import { connect, type RawClient } from "../support/raw.ts";
import { until } from "../support/until.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";
import { latest, openTunnel, switches, upgradeRequest } from "../support/websocket.ts";

let upstream: Upstream;

beforeAll(() => {
  upstream = startUpstream(
    (request, connection) => switches(request.header("upgrade") ?? "websocket")(request, connection),
    { halfOpen: true },
  );
});
afterAll(() => upstream.stop());

const start = (listen = "", idle = "1h") =>
  startInProcess(`
listen: { host: 127.0.0.1, port: 0${listen} }
plugins: { access-log: {} }
services: { all: { targets: ["${upstream.url}"], timeouts: { idle: ${idle} } } }
routes: [{ path: /ws, service: all, upgrade: [websocket, raw] }]
`);

async function open(gateway: InProcessGateway, protocol?: string) {
  const client: RawClient = await connect(gateway.port, { halfOpen: true });
  await openTunnel(client, protocol);
  return { client, target: latest(upstream) };
}

/** The log line of the only tunnel, which comes when it has ended. */
async function ended(gateway: InProcessGateway) {
  const { fields } = await gateway.waitForLog(({ message }) => message === "request");
  expect(gateway.edges[0]).toMatchObject({ tunnels: 0, connections: 0 });
  expect(gateway.logs.filter(({ message }) => message === "request")).toHaveLength(1);
  return fields;
}

describe("a tunnel", () => {
  test("passes the client's FIN on, and then still what the target sends", async () => {
    await using gateway = await start();
    const { client, target } = await open(gateway, "raw");
    await client.send("last words");
    client.halfClose();
    expect((await target.readAll()).toString()).toBe("last words");
    await target.send("and an answer");
    target.halfClose();
    expect((await client.readAll()).toString()).toBe("and an answer");
    expect(await ended(gateway)).toMatchObject({ status: 101, errorCode: undefined, bytesIn: 10, bytesOut: 13 });
    await upstream.waitForClosed();
  });

  test("passes the target's FIN on, and then still what the client sends", async () => {
    await using gateway = await start();
    const { client, target } = await open(gateway, "raw");
    await target.send("bye");
    target.halfClose();
    expect((await client.readAll()).toString()).toBe("bye");
    await client.send("one more thing");
    client.halfClose();
    expect(await target.readUntil("thing")).toBe("one more thing");
    expect(await ended(gateway)).toMatchObject({ errorCode: undefined, bytesIn: 14, bytesOut: 3 });
  });

  test("ends with the client, at once, if that dies", async () => {
    await using gateway = await start();
    const { client, target } = await open(gateway);
    client.reset();
    await target.waitForClosed();
    expect(await ended(gateway)).toMatchObject({ status: 101, errorCode: "client_closed" });
  });

  test("ends with the target, at once, if that dies", async () => {
    await using gateway = await start();
    const { client, target } = await open(gateway);
    target.reset();
    await client.waitForClosed();
    expect(await ended(gateway)).toMatchObject({ status: 101, errorCode: "upstream_reset" });
  });

  test("ends when neither side has sent a byte for the idle time; a byte of either begins it anew", async () => {
    await using gateway = await start("", "1s");
    const { client, target } = await open(gateway, "raw");
    const begun = performance.now();
    for (let i = 0; i < 4; i++) {
      await Bun.sleep(300);
      const [from, to] = i % 2 === 0 ? [client, target] : [target, client];
      await from.send("x");
      await to.readUntil("x");
    }
    await client.waitForClosed();
    expect(performance.now() - begun).toBeGreaterThan(4 * 300 + 950);
    expect(await ended(gateway)).toMatchObject({ errorCode: "upstream_timeout", bytesIn: 2, bytesOut: 2 });
    await upstream.waitForClosed();
  });

  test("of a client that has sent FIN before the 101 passes that on", async () => {
    await using gateway = await start();
    const client = await connect(gateway.port, { halfOpen: true });
    void client.send(upgradeRequest("raw"));
    client.halfClose();
    await client.readUntil("\r\n\r\n");
    const target = latest(upstream);
    expect((await target.readAll()).toString()).toBe("");
    await target.send("late");
    target.halfClose();
    expect((await client.readAll()).toString()).toBe("late");
    expect(await ended(gateway)).toMatchObject({ errorCode: undefined });
  });

  test("does not live on the timeouts of a request", async () => {
    const listen = ", timeouts: { header: 400ms, body: 400ms, keep-alive: 400ms, send: 400ms }";
    await using gateway = await start(listen, "1h, response: 400ms, total: 400ms");
    const { client, target } = await open(gateway);
    await Bun.sleep(500);
    await client.send("x");
    expect(await target.readUntil("x")).toBe("x");
    client.reset();
  });
});

describe("the limit on tunnels", () => {
  test("refuses one more before the target sees it, and gives back what has ended", async () => {
    await using gateway = await start(", limits: { tunnels: 1 }");
    const { client } = await open(gateway);
    const before = upstream.requests.length;
    using second = await connect(gateway.port);
    expect(problemOf(await second.exchange(upgradeRequest()))).toBe("503 overloaded");
    expect(upstream.requests).toHaveLength(before);
    client.reset();
    await until(() => gateway.edges[0]?.tunnels === 0);
    expect(await openTunnel(second)).toStartWith("HTTP/1.1 101");
    second.reset();
  });

  test("counts requests that may still become one", async () => {
    await using slow = startUpstream(() => undefined);
    await using gateway = await startInProcess(`
listen: { host: 127.0.0.1, port: 0, limits: { tunnels: 1 } }
services: { all: { targets: ["${slow.url}"] } }
routes: [{ path: /ws, service: all, upgrade: [websocket] }]
`);
    using first = await connect(gateway.port);
    void first.send(upgradeRequest());
    await slow.waitForRequests(1);
    using second = await connect(gateway.port);
    expect(problemOf(await second.exchange(upgradeRequest()))).toBe("503 overloaded");
    // It has left without one.
    first.reset();
    await until(() => gateway.edges[0]?.tunnels === 0);
  });
});

describe("a listener that stops", () => {
  const CLOSE = "\x88\x02\x03\xe9";

  test("closes a WebSocket between two frames, on both sides", async () => {
    await using gateway = await start();
    const { client, target } = await open(gateway);
    // A whole frame, and half of another, each way.
    await client.send("\x81\x82\x00\x00\x00\x00hi\x81\x84\x00\x00");
    await target.send("\x81\x02ho\x81\x05he");
    await target.readUntil("\x84\x00\x00");
    await client.readUntil("he");
    const other = await open(gateway);
    const stopped = gateway.stop(0);
    // All tunnels are told at once.
    await other.client.readUntil(CLOSE);
    other.client.close();
    other.target.close();
    await client.send("\x00\x00more\x81\x80");
    await target.send("llo\x81\x00");
    expect((await client.readAll()).toString("latin1")).toBe(`llo${CLOSE}`);
    const sent = (await target.readAll()).toString("latin1");
    expect(sent).toStartWith("\x00\x00more\x88\x82");
    expect(sent).toHaveLength(6 + 8);
    const [mask, code] = [Buffer.from(sent.slice(8, 12), "latin1"), Buffer.from(sent.slice(12), "latin1")];
    expect([...code].map((octet, i) => octet ^ (mask[i] ?? 0))).toEqual([1001 >> 8, 1001 & 0xff]);
    client.close();
    target.close();
    await stopped;
    const lines = gateway.logs.filter(({ message }) => message === "request");
    expect(lines.map(({ fields }) => fields.errorCode)).toEqual(["client_closed", "client_closed"]);
  });

  test("sends no Close after one that has passed", async () => {
    await using gateway = await start();
    const { client, target } = await open(gateway);
    await target.send("\x88\x02\x03\xe8");
    await client.readUntil("\xe8");
    const stopped = gateway.stop(0);
    expect((await client.readAll()).toString("latin1")).toBe("");
    client.close();
    target.close();
    await stopped;
  });

  test("cuts a WebSocket that does not close in a second, whatever it still sends, and one in the middle of a frame", async () => {
    await using gateway = await start();
    const { client, target } = await open(gateway);
    await target.send("\x81\x05he");
    await client.readUntil("he");
    const other = await open(gateway);
    const stopped = gateway.stop(0);
    await other.client.readUntil(CLOSE);
    await target.send("l");
    await other.client.send("\x81\x80\x00\x00\x00\x00");
    await stopped;
    await client.waitForClosed();
    expect(client.inbox.rest.toString("latin1")).toBe("l");
    for (const socket of [target, other.client, other.target]) await socket.waitForClosed();
  });

  test("cuts a tunnel of another protocol at once", async () => {
    await using gateway = await start();
    const { client, target } = await open(gateway, "raw");
    await gateway.stop(0);
    await client.waitForClosed();
    await target.waitForClosed();
    expect(target.inbox.rest.toString("latin1")).toBe("");
    expect(client.inbox.rest.toString("latin1")).toBe("");
  });
});
