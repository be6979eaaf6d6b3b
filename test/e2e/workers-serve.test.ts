import { afterAll, describe, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { ListenerView, ServiceView } from "../../src/admin/view.ts";
import { type GatewayProcess, startGateway } from "../support/gateway.ts";
import { connect } from "../support/raw.ts";
import { replies } from "../support/scripts.ts";
import { tempFolder } from "../support/temp.ts";
import { until } from "../support/until.ts";
import { startUpstream } from "../support/upstream.ts";
import { adminJson, workersOf } from "../support/workers.ts";

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const upstream = startUpstream(replies());
afterAll(() => upstream.stop());

function yaml(workers: number | string, port = 0): string {
  return `listen: { host: 127.0.0.1, port: ${port}, workers: ${workers} }
plugins: { access-log: {} }
services: { s: { targets: ["${upstream.url}"] } }
routes: [{ path: /*, service: s }]
`;
}

/** Opens connections with a request each, until every worker has had one. */
async function reachAll(gateway: GatewayProcess, count: number): Promise<number> {
  let sent = 0;
  await until(
    async () => {
      using client = await connect(gateway.port);
      expect((await client.exchange(GET)).status).toBe(200);
      sent++;
      const requests = gateway.logs.filter(({ msg }) => msg === "request");
      return new Set(requests.map(({ worker }) => worker)).size === count;
    },
    { what: "every worker has served" },
  );
  return sent;
}

describe("several workers", () => {
  test("share a port that was free, and all serve; the admin port has the sums", async () => {
    await using gateway = await startGateway(yaml(3));
    await until(() => gateway.ports.length === 3);
    expect(new Set(gateway.ports).size).toBe(1);
    const sent = await reachAll(gateway, 3);
    const { listeners } = await adminJson<{ listeners: readonly ListenerView[] }>(gateway, "/api/listeners");
    expect(listeners).toMatchObject([{ scheme: "http", host: "127.0.0.1", port: gateway.port, requests: sent }]);
    const { services } = await adminJson<{ services: readonly ServiceView[] }>(gateway, "/api/services");
    const pool = services[0]?.targets[0]?.pool;
    expect([pool?.latency.count, pool?.created]).toEqual([sent, upstream.connections.length]);
    const counted = pool?.latency.buckets.reduce((sum, [, count]) => sum + count, 0);
    expect(counted).toBe(sent);
    const metrics = await (await fetch(`http://127.0.0.1:${gateway.adminPort}/metrics`)).text();
    expect(metrics).toContain(
      `sluice_listener_connections_accepted_total{listener="127.0.0.1:${gateway.port}"} ${sent}`,
    );
    expect(await adminJson(gateway, "/health/ready")).toEqual({
      status: "ready",
      workers: { serving: 3, configured: 3 },
    });
    expect(gateway.stderr).toBe("");
    expect(await gateway.stop()).toBe(0);
    // A line that had run into another one would have no message.
    expect(gateway.logs.every(({ time }) => typeof time === "string")).toBeTrue();
    expect(gateway.logs.at(-1)).toMatchObject({ msg: "stopped" });
  });

  test("are one process where one is enough, which tells the same", async () => {
    await using gateway = await startGateway(yaml(1));
    using client = await connect(gateway.port);
    await client.exchange(GET);
    const { listeners } = await adminJson<{ listeners: readonly ListenerView[] }>(gateway, "/api/listeners");
    expect(listeners).toMatchObject([{ port: gateway.port, connections: 1, requests: 1 }]);
    expect(await workersOf(gateway)).toMatchObject([{ pid: gateway.pid, state: "running", restarts: 0 }]);
    expect(gateway.logs.some((line) => "worker" in line)).toBeFalse();
  });

  test("leave out one that does not answer, and say so", async () => {
    await using gateway = await startGateway(yaml(2));
    const [first, second] = await workersOf(gateway);
    if (first?.pid === undefined) throw new Error("there is a first worker");
    process.kill(first.pid, "SIGSTOP");
    // Of a busy machine the other one may be late, too.
    const report = await until(async () => {
      const told = await adminJson<{ withoutWorkers?: number[] }>(gateway, "/api/services");
      return Bun.deepEquals(told.withoutWorkers, [1]) && told;
    });
    process.kill(first.pid, "SIGCONT");
    expect(report).toMatchObject({ services: [{ name: "s" }] });
    expect(second?.state).toBe("running");
    await gateway.waitForLog(
      ({ msg, worker }) => msg === "a worker does not answer: sums are without it" && worker === 1,
    );
    await until(async () => !("withoutWorkers" in (await adminJson<object>(gateway, "/api/services"))));
  });
});

describe("a port that somebody has", () => {
  test.each([1, 2])("refuses a gateway with %d workers, shared or not", async (count) => {
    await using gateway = await startGateway(yaml(2));
    const message = `cannot listen on 127.0.0.1:${gateway.port}: another process uses the port`;
    await expect(startGateway(yaml(count, gateway.port))).rejects.toThrow(message);
    await expect(startGateway(yaml(count, gateway.port))).rejects.toThrow("ended with code 1");
  });

  test("refuses workers where one process has it", async () => {
    await using gateway = await startGateway(yaml(1));
    await expect(startGateway(yaml(2, gateway.port))).rejects.toThrow("another process uses the port");
  });

  test("refuses workers where it was to be the admin port", async () => {
    await using gateway = await startGateway(yaml(2));
    const admin = `admin: { host: 127.0.0.1, port: ${gateway.adminPort} }\n`;
    const message = `cannot listen on 127.0.0.1:${gateway.adminPort}: another process uses the port`;
    await expect(startGateway(admin + yaml(2))).rejects.toThrow(message);
  });
});

describe("plugins in workers", () => {
  /** It is set up only while there is no such file. */
  const PLUGIN = `import { existsSync } from "node:fs";
import { definePlugin, Type } from "sluice/plugin";
let puts = 0;
export default definePlugin({
  name: "counter", description: "Counts.",
  options: Type.Object({ fails: Type.Boolean({ default: false }), hold: Type.String({ default: "" }) }),
  async setup({ fails, hold }, scope) {
    while (existsSync(hold)) await Bun.sleep(5);
    if (fails && process.send !== undefined) throw new Error("it fails in a worker");
    scope.admin.get("/puts", () => ({ puts })).put("/puts", ({ body }) => ({ puts: ++puts, body }))
      .get("/large", () => "x".repeat(2_000_000));
    return {};
  },
});
`;

  test("are asked through the admin port: one to tell, all to change", async () => {
    using folder = tempFolder();
    await Bun.write(join(folder.path, "counter.ts"), PLUGIN);
    const hold = folder.file("hold");
    const text = yaml(2).replace("access-log: {}", `./counter.ts: { hold: ${JSON.stringify(hold)} }`);
    await using gateway = await startGateway(text, { folder: folder.path });
    const url = `http://127.0.0.1:${gateway.adminPort}/api/plugins/counter`;
    const put = () =>
      fetch(`${url}/puts`, { method: "PUT", body: "{}", headers: { "content-type": "application/json" } });
    expect(await (await put()).json()).toEqual({ puts: 1, body: {} });
    const [worker] = await workersOf(gateway);
    expect(await (await put()).json()).toEqual({ puts: 2, body: {} });
    expect(await (await fetch(`${url}/puts`)).json()).toEqual({ puts: 2 });
    // The first worker, which has told, gone: the other one tells the same.
    folder.write("hold", "");
    process.kill(worker?.pid ?? 0, "SIGKILL");
    await until(async () => (await workersOf(gateway))[0]?.state !== "running");
    expect(await (await fetch(`${url}/puts`)).json()).toEqual({ puts: 2 });
    rmSync(hold);
    expect((await fetch(`${url}/none`)).status).toBe(404);
    const large = await fetch(`${url}/large`);
    expect([large.status, ((await large.json()) as { detail: string }).detail]).toEqual([
      503,
      "The plugin's reply is longer than 1048576 bytes",
    ]);
    expect((await fetch(`http://127.0.0.1:${gateway.adminPort}/api/plugins/none`)).status).toBe(404);
  });

  test("that fail in a worker alone end the start", async () => {
    using folder = tempFolder();
    await Bun.write(join(folder.path, "counter.ts"), PLUGIN);
    const text = yaml(2).replace("access-log: {}", "./counter.ts: { fails: true }");
    await expect(startGateway(text, { folder: folder.path })).rejects.toThrow("it fails in a worker");
  });
});
