import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { type GatewayProcess, startGateway } from "../support/gateway.ts";
import { startInProcess } from "../support/in-process.ts";
import { connect } from "../support/raw.ts";
import { hangs, replies, response } from "../support/scripts.ts";
import { type Script, startUpstream, type Upstream } from "../support/upstream.ts";

let upstream: Upstream;

beforeAll(() => {
  upstream = startUpstream(replies());
});
beforeEach(() => upstream.answer(replies()));
afterAll(() => upstream.stop());

const yaml = () => `
services: { all: { targets: ["${upstream.url}"] } }
routes: [{ path: /*, service: all }]
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
  async function start(): Promise<GatewayProcess> {
    return await startGateway(
      `listen: { host: 127.0.0.1, port: 0, timeouts: { drain: 5s } }\nplugins: { access-log: {} }\n${yaml()}`,
    );
  }

  test("drains: what is in flight is finished, and the exit code is 0", async () => {
    const { answer, letGo } = holding((_, connection) => connection.send(response("done")));
    upstream.answer(answer);
    const before = upstream.requests.length;
    await using gateway = await start();
    using idle = await connect(gateway.port);
    using client = await connect(gateway.port);
    void client.send(GET);
    await upstream.waitForRequests(before + 1);
    gateway.signal("SIGTERM");
    expect((await idle.readAll()).toString()).toBe("");
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
});
