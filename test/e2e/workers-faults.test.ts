import { afterAll, describe, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { type GatewayProcess, startGateway } from "../support/gateway.ts";
import { freePort } from "../support/ports.ts";
import { connect, type RawClient } from "../support/raw.ts";
import { response } from "../support/scripts.ts";
import { tempFolder } from "../support/temp.ts";
import { makeCertificates } from "../support/tls.ts";
import { until } from "../support/until.ts";
import { startUpstream } from "../support/upstream.ts";
import { isAlive, replaceWorker, startLoad, workersOf } from "../support/workers.ts";

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const HELD = "GET /held HTTP/1.1\r\nHost: a\r\n\r\n";

let letGo = Promise.withResolvers<void>();
const upstream = startUpstream(async (request, connection) => {
  if (request.target === "/held") await letGo.promise;
  await connection.send(response("ok"));
});
afterAll(() => upstream.stop());

function start(workers: number, drain = "5s", port = 0): Promise<GatewayProcess> {
  return startGateway(`listen: { host: 127.0.0.1, port: ${port}, workers: ${workers}, timeouts: { drain: ${drain} } }
plugins: { access-log: {} }
services: { s: { targets: ["${upstream.url}"] } }
routes: [{ path: /*, service: s }]
`);
}

/** A plugin that is set up only while there is that file. */
const GATE = `import { existsSync } from "node:fs";
import { definePlugin, Type } from "sluice/plugin";
export default definePlugin({
  name: "gate",
  description: "Waits.",
  options: Type.Object({ file: Type.String() }),
  async setup({ file }) {
    while (!existsSync(file)) await Bun.sleep(5);
    return {};
  },
});
`;

interface Placed {
  readonly client: RawClient;
  readonly worker: number;
}

/** A kept connection to each worker. */
async function connectAll(gateway: GatewayProcess, count: number): Promise<readonly Placed[]> {
  const placed = new Map<number, RawClient>();
  await until(async () => {
    const client = await connect(gateway.port);
    const { length } = gateway.logs.filter(({ msg }) => msg === "request");
    await client.exchange(GET);
    const lines = await until(() => {
      const all = gateway.logs.filter(({ msg }) => msg === "request");
      return all.length > length && all;
    });
    const worker = Number(lines.at(-1)?.worker);
    if (placed.has(worker)) client.close();
    else placed.set(worker, client);
    return placed.size === count;
  });
  return [...placed].map(([worker, client]) => ({ worker, client }));
}

async function pids(gateway: GatewayProcess): Promise<readonly number[]> {
  return (await workersOf(gateway)).map(({ pid }) => pid ?? 0);
}

describe("a worker that is killed", () => {
  test("loses its own requests in flight alone, and is replaced", async () => {
    letGo = Promise.withResolvers();
    await using gateway = await start(2);
    const [one, other] = await connectAll(gateway, 2);
    if (one === undefined || other === undefined) throw new Error("there are two workers");
    const before = upstream.requests.length;
    void one.client.send(HELD);
    void other.client.send(HELD);
    await upstream.waitForRequests(before + 2);
    const pid = (await pids(gateway))[one.worker - 1] ?? 0;
    await replaceWorker(gateway, pid);
    await one.client.waitForClosed();
    letGo.resolve();
    expect((await other.client.readResponse()).status).toBe(200);
    expect((await other.client.exchange(GET)).status).toBe(200);
    const ended = await gateway.waitForLog(({ msg }) => msg === "a worker has ended: another one is started");
    expect(ended).toMatchObject({ level: "error", worker: one.worker, signal: "SIGKILL", delayMs: 100 });
    const views = await workersOf(gateway);
    expect(views.map(({ restarts }) => restarts).toSorted()).toEqual([0, 1]);
    await connectAll(gateway, 2);
    expect(await gateway.stop()).toBe(0);
  });

  test("again and again waits longer each time", async () => {
    await using gateway = await start(2);
    for (let i = 0; i < 3; i++) await replaceWorker(gateway, (await pids(gateway))[0] ?? 0);
    const ended = gateway.logs.filter(({ msg }) => msg === "a worker has ended: another one is started");
    expect(ended.map(({ delayMs }) => delayMs)).toEqual([100, 200, 400]);
    expect(await gateway.stop()).toBe(0);
  });

  test("is waiting until another one is started", async () => {
    using folder = tempFolder();
    const gate = folder.write("open", "");
    folder.write("gate.ts", GATE);
    const text = `listen: { host: 127.0.0.1, port: 0, workers: 2 }
services: { s: { targets: ["${upstream.url}"] } }
routes: [{ path: /*, service: s, plugins: { ./gate.ts: { file: ${JSON.stringify(gate)} } } }]
`;
    await using gateway = await startGateway(text, { folder: folder.path });
    const isFirst = async (state: string) => (await workersOf(gateway))[0]?.state === state;
    // It waits for 100 ms, 200 ms and so on: after a few times that is long enough to be seen.
    for (let i = 0; i < 3; i++) await replaceWorker(gateway, (await pids(gateway))[0] ?? 0);
    rmSync(gate);
    process.kill((await pids(gateway))[0] ?? 0, "SIGKILL");
    await until(() => isFirst("waiting"));
    await until(() => isFirst("starting"));
    folder.write("open", "");
    await until(() => isFirst("running"));
    expect(await gateway.stop()).toBe(0);
  });

  test("and replaced is drained like any other", async () => {
    letGo = Promise.withResolvers();
    await using gateway = await start(2);
    for (const pid of await pids(gateway)) await replaceWorker(gateway, pid);
    const placed = await connectAll(gateway, 2);
    const before = upstream.requests.length;
    for (const { client } of placed) void client.send(HELD);
    await upstream.waitForRequests(before + 2);
    gateway.signal("SIGTERM");
    await until(() => gateway.logs.filter(({ msg }) => msg?.startsWith("stopping")).length === 3);
    letGo.resolve();
    for (const { client } of placed) expect((await client.readResponse()).status).toBe(200);
    expect(await gateway.exited).toBe(0);
    expect(gateway.logs.at(-1)?.msg).toBe("stopped");
    expect(gateway.logs.filter(({ msg }) => msg === "request").length).toBeGreaterThanOrEqual(4);
  });

  test("and cannot start again says why, with another exit code than one that was told to end", async () => {
    const folder = tempFolder();
    const { server } = makeCertificates(folder.path);
    await using gateway = await startGateway(`
listen: { host: 127.0.0.1, port: 0, workers: 2, tls: { cert: ${server.certFile}, key: ${server.keyFile} } }
services: { s: { targets: ["${upstream.url}"] } }
routes: [{ path: /*, service: s }]
`);
    await Bun.write(server.keyFile, "no key");
    process.kill((await pids(gateway))[0] ?? 0, "SIGKILL");
    const line = await gateway.waitForLog(
      ({ msg, reason }) => msg?.startsWith("a worker has ended") === true && !!reason,
    );
    expect(line).toMatchObject({ level: "error", exitCode: 1, reason: expect.stringContaining("server.key") });
    folder.remove();
  });

  test("by SIGTERM drains first, and is replaced", async () => {
    letGo = Promise.withResolvers();
    await using gateway = await start(2);
    const [one] = await connectAll(gateway, 2);
    if (one === undefined) throw new Error("there are two workers");
    const before = upstream.requests.length;
    void one.client.send(HELD);
    await upstream.waitForRequests(before + 1);
    const pid = (await pids(gateway))[one.worker - 1] ?? 0;
    process.kill(pid, "SIGTERM");
    await gateway.waitForLog(({ msg, worker }) => msg?.startsWith("stopping") === true && worker === one.worker);
    letGo.resolve();
    expect((await one.client.readResponse()).status).toBe(200);
    await gateway.waitForLog(({ msg, exitCode }) => msg?.startsWith("a worker has ended") === true && exitCode === 0);
    await until(async () => (await pids(gateway)).every((each) => each !== pid && each !== 0));
  });
});

describe("SIGTERM", () => {
  test.each([1, 2])("under load fails no request, and the exit code is 0, with %d workers", async (workers) => {
    await using gateway = await start(workers);
    const load = startLoad([gateway.port], 16);
    await until(() => load.answered > 500);
    expect(await gateway.stop()).toBe(0);
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(gateway.stderr).toBe("");
    await expect(connect(gateway.port)).rejects.toThrow();
  });

  test("finishes what is in flight in every worker; a second one ends all at once", async () => {
    letGo = Promise.withResolvers();
    await using gateway = await start(2, "60s");
    const placed = await connectAll(gateway, 2);
    const before = upstream.requests.length;
    for (const { client } of placed) void client.send(HELD);
    await upstream.waitForRequests(before + 2);
    const workers = await pids(gateway);
    gateway.signal("SIGTERM");
    await until(() => gateway.logs.filter(({ msg }) => msg?.startsWith("stopping")).length === 3);
    expect(workers.every(isAlive)).toBeTrue();
    gateway.signal("SIGTERM");
    expect(await gateway.exited).toBe(0);
    expect(workers.some(isAlive)).toBeFalse();
    expect(gateway.logs.some(({ msg }) => msg === "stopping at once: requests in flight are cut")).toBeTrue();
    for (const { client } of placed) await client.waitForClosed();
    letGo.resolve();
  });

  test("cuts what is not done in its time, and ends a worker that does not react", async () => {
    letGo = Promise.withResolvers();
    await using gateway = await start(2, "100ms");
    const [one, two] = await pids(gateway);
    process.kill(one ?? 0, "SIGSTOP");
    gateway.signal("SIGTERM");
    expect(await gateway.exited).toBe(0);
    const line = gateway.logs.find(({ msg }) => msg === "workers that did not drain in time were ended");
    expect(line).toMatchObject({ level: "error", workers: 1 });
    expect([one ?? 0, two ?? 0].some(isAlive)).toBeFalse();
  }, 60_000);
});

describe("shutdown-delay", () => {
  test("leaves workers serving, and the gateway not ready", async () => {
    await using gateway = await startGateway(`shutdown-delay: 60s
listen: { host: 127.0.0.1, port: 0, workers: 2 }
services: { s: { targets: ["${upstream.url}"] } }
routes: [{ path: /*, service: s }]
`);
    gateway.signal("SIGTERM");
    await until(() => gateway.logs.filter(({ msg }) => msg?.startsWith("stopping")).length === 3);
    const ready = await fetch(`http://127.0.0.1:${gateway.adminPort}/health/ready`);
    expect([ready.status, ((await ready.json()) as { reasons: string[] }).reasons]).toEqual([
      503,
      ["the gateway is stopping"],
    ]);
    using client = await connect(gateway.port);
    expect((await client.exchange(GET)).status).toBe(200);
    expect(await gateway.stop()).toBe(0);
  });
});

describe("a parent that is killed", () => {
  test("leaves no orphans: they finish what is in flight, and free the port", async () => {
    letGo = Promise.withResolvers();
    await using gateway = await start(2, "5s", freePort());
    const placed = await connectAll(gateway, 2);
    const before = upstream.requests.length;
    for (const { client } of placed) void client.send(HELD);
    await upstream.waitForRequests(before + 2);
    const workers = await pids(gateway);
    process.kill(gateway.pid, "SIGKILL");
    await until(
      async () =>
        await connect(gateway.port).then(
          (client) => client.close(),
          () => true,
        ),
    );
    letGo.resolve();
    for (const { client } of placed) {
      const reply = await client.readResponse();
      expect([reply.status, reply.header("connection")]).toEqual([200, "close"]);
      client.close();
    }
    await until(() => !workers.some(isAlive));
    Bun.listen({ hostname: "127.0.0.1", port: gateway.port, socket: { data: () => {} } }).stop(true);
  });
});

describe("a rolling restart", () => {
  test.each([1, 2])(
    "of two gateways under load fails no request, with %d workers each",
    async (workers) => {
      const first = await start(workers, "5s", freePort());
      await using second = await start(workers);
      const load = startLoad([first.port, second.port], 16);
      await until(() => load.answered > 300);
      expect(await first.stop()).toBe(0);
      const alone = load.answered;
      await until(() => load.answered > alone + 300);
      await using again = await start(workers, "5s", first.port);
      const both = load.answered;
      await until(() => load.answered > both + 300);
      expect(await second.stop()).toBe(0);
      const last = load.answered;
      await until(() => load.answered > last + 300);
      await load.stop();
      expect(load.failures).toEqual([]);
      expect(await again.stop()).toBe(0);
    },
    60_000,
  );
});
