import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { type GatewayProcess, startGateway } from "../support/gateway.ts";
import { startInProcess } from "../support/in-process.ts";
import { connect, type RawClient } from "../support/raw.ts";
import { hangs, replies, response } from "../support/scripts.ts";
import { until } from "../support/until.ts";
import { type Script, startUpstream, type Upstream } from "../support/upstream.ts";
import { openTunnel, switches } from "../support/websocket.ts";

let upstream: Upstream;

beforeAll(() => {
  upstream = startUpstream(replies());
});
beforeEach(() => upstream.answer(replies()));
afterAll(() => upstream.stop());

const yaml = () => `
services: { all: { targets: ["${upstream.url}"] } }
routes: [{ path: /*, service: all, upgrade: [websocket] }]
`;
const GET = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";

/** An upstream that answers when it is let go. */
function holding(script: Script = replies()) {
  const held = Promise.withResolvers<void>();
  const answer: Script = async (request, connection) => {
    await held.promise;
    await script(request, connection);
  };
  return { answer, letGo: () => held.resolve() };
}

describe("a listener that stops", () => {
  test("closes idle connections in a moment and takes no new ones", async () => {
    await using gateway = await startInProcess(yaml());
    using fresh = await connect(gateway.port);
    using used = await connect(gateway.port);
    await used.exchange(GET);
    const stopped = gateway.stop(5_000);
    expect((await fresh.readAll()).toString()).toBe("");
    expect((await used.readAll()).toString()).toBe("");
    await expect(connect(gateway.port)).rejects.toThrow();
    await stopped;
  });

  test("still answers a request that was on its way over an idle connection, as its last", async () => {
    await using gateway = await startInProcess(yaml());
    using client = await connect(gateway.port);
    await client.exchange(GET);
    const stopped = gateway.stop(5_000);
    const reply = await client.exchange(GET);
    expect([reply.status, reply.header("connection")]).toEqual([200, "close"]);
    expect((await client.readAll()).toString()).toBe("");
    await stopped;
  });

  test("finishes what is in flight, and says that it closes", async () => {
    const { answer, letGo } = holding();
    upstream.answer(answer);
    const before = upstream.requests.length;
    await using gateway = await startInProcess(yaml());
    using client = await connect(gateway.port);
    void client.send(GET + GET);
    await upstream.waitForRequests(before + 1);
    const stopped = gateway.stop(5_000);
    letGo();
    const reply = await client.readResponse();
    expect([reply.status, reply.header("connection"), reply.body.toString()]).toEqual([200, "close", "ok"]);
    expect((await client.readAll()).toString()).toBe("");
    await stopped;
    expect(upstream.requests).toHaveLength(before + 1);
  });

  test("finishes a reply that has begun, and closes behind it", async () => {
    const rest = Promise.withResolvers<void>();
    upstream.answer(async (_, connection) => {
      await connection.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab");
      await rest.promise;
      await connection.send("cd");
    });
    await using gateway = await startInProcess(yaml());
    using client = await connect(gateway.port);
    void client.send(GET);
    await client.readUntil("ab");
    const stopped = gateway.stop(5_000);
    rest.resolve();
    expect((await client.readAll()).toString()).toBe("cd");
    await stopped;
  });

  test("cuts what is not done in its time", async () => {
    upstream.answer(hangs());
    const before = upstream.requests.length;
    await using gateway = await startInProcess(yaml());
    using client = await connect(gateway.port);
    void client.send(GET);
    await upstream.waitForRequests(before + 1);
    await gateway.stop(50);
    await client.waitForClosed();
    await upstream.waitForClosed();
  });
});

describe("SIGTERM", () => {
  async function start(drain = "5s", more = ""): Promise<GatewayProcess> {
    return await startGateway(
      `listen: { host: 127.0.0.1, port: 0, timeouts: { drain: ${drain} } }\nplugins: { access-log: {} }\n${more}${yaml()}`,
    );
  }

  async function readiness(gateway: GatewayProcess): Promise<number> {
    return (await fetch(`http://127.0.0.1:${gateway.adminPort}/health/ready`, { keepalive: false })).status;
  }

  /** Sends a request that is not answered, and then the signal. */
  async function signalInFlight(gateway: GatewayProcess, client: RawClient): Promise<void> {
    const before = upstream.requests.length;
    void client.send(GET);
    await upstream.waitForRequests(before + 1);
    gateway.signal("SIGTERM");
    await gateway.waitForLog(({ msg }) => msg === "stopping: requests in flight are finished");
  }

  test("drains: what is in flight is finished, and the exit code is 0", async () => {
    const { answer, letGo } = holding((_, connection) => connection.send(response("done")));
    upstream.answer(answer);
    await using gateway = await start();
    using idle = await connect(gateway.port);
    using client = await connect(gateway.port);
    await signalInFlight(gateway, client);
    expect((await idle.readAll()).toString()).toBe("");
    expect(await readiness(gateway)).toBe(503);
    await expect(connect(gateway.port)).rejects.toThrow();
    letGo();
    const reply = await client.readResponse();
    expect([reply.status, reply.header("connection"), reply.body.toString()]).toEqual([200, "close", "done"]);
    expect(await gateway.exited).toBe(0);
    expect(gateway.logs.find(({ msg }) => msg === "request")).toMatchObject({ status: 200 });
    expect(gateway.logs.at(-1)).toMatchObject({ msg: "stopped" });
    expect(gateway.stderr).toBe("");
  });

  test("ends an idle gateway at once, with exit code 0", async () => {
    await using gateway = await start();
    expect(await gateway.stop()).toBe(0);
  });

  test("of a gateway with a shutdown delay makes it unready at once; meanwhile it serves as before", async () => {
    await using gateway = await start("5s", "shutdown-delay: 1s\n");
    using used = await connect(gateway.port);
    await used.exchange(GET);
    expect(await readiness(gateway)).toBe(200);
    gateway.signal("SIGTERM");
    await until(async () => (await readiness(gateway)) === 503);
    using fresh = await connect(gateway.port);
    for (const client of [used, fresh]) {
      const reply = await client.exchange(GET);
      expect([reply.status, reply.header("connection")]).toEqual([200, undefined]);
    }
    expect((await used.readAll()).toString()).toBe("");
    expect(await gateway.exited).toBe(0);
  });

  test("closes tunnels after the time to drain, and the exit code is 0", async () => {
    upstream.answer(switches("websocket"));
    await using gateway = await start("50ms");
    using client = await connect(gateway.port);
    await openTunnel(client, "websocket");
    gateway.signal("SIGTERM");
    expect((await client.readAll()).toString("latin1")).toBe("\x88\x02\x03\xe9");
    expect(await gateway.exited).toBe(0);
    expect(gateway.logs.find(({ msg }) => msg === "request")).toMatchObject({
      status: 101,
      errorCode: "client_closed",
    });
  });

  test.each(["", "shutdown-delay: 1h\n"])("a second time ends it at once, with exit code 0: %s", async (more) => {
    upstream.answer(hangs());
    await using gateway = await start("1h", more);
    using client = await connect(gateway.port);
    await signalInFlight(gateway, client);
    gateway.signal("SIGTERM");
    expect(await gateway.exited).toBe(0);
    await client.waitForClosed();
    const cut = "stopping at once: requests in flight are cut";
    expect(gateway.logs.slice(-2).map(({ level, msg }) => [level, msg])).toEqual([
      ["warn", cut],
      ["info", "stopped"],
    ]);
  });
});
