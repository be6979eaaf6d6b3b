import { afterAll, expect, test } from "bun:test";
import { type GatewayProcess, startGateway } from "../support/gateway.ts";
import { connect, type RawClient } from "../support/raw.ts";
import { replies, response } from "../support/scripts.ts";
import { tempFolder } from "../support/temp.ts";
import { until } from "../support/until.ts";
import { startUpstream } from "../support/upstream.ts";
import { replaceWorker, workersOf } from "../support/workers.ts";

const up = startUpstream(replies(response("ok")));
afterAll(() => up.stop());

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const CLIENTS = 16;
const KILLS = 5;

/** Tells in each reply which process has served it. */
const PID = `import { definePlugin, Type } from "sluice/plugin";
export default definePlugin({
  name: "pid",
  description: "Tells the process.",
  options: Type.Object({}),
  setup: () => ({
    response(ctx, reply) {
      reply.headers.set("x-pid", String(process.pid));
      return reply;
    },
  }),
});
`;

interface Failure {
  /** Who has served the connection before; undefined if that was its first request. */
  readonly pid: string | undefined;
  readonly at: number;
  readonly reason: string;
}

/** Clients that know which process they are connected to. */
function startClients(gateway: GatewayProcess) {
  const failures: Failure[] = [];
  let answered = 0;
  let isStopped = false;
  const runOne = async (client: RawClient) => {
    for (let pid: string | undefined; !isStopped; ) {
      const reply = await client.exchange(GET).catch((error: unknown) => String(error));
      if (typeof reply === "string" || reply.status !== 200) {
        failures.push({
          pid,
          at: performance.now(),
          reason: typeof reply === "string" ? reply : `status ${reply.status}`,
        });
        return;
      }
      answered++;
      pid = reply.header("x-pid");
      await Bun.sleep(1);
    }
  };
  const run = async () => {
    while (!isStopped) {
      const client = await connect(gateway.port).catch(() => undefined);
      if (client === undefined) await Bun.sleep(5);
      else {
        using open = client;
        await runOne(open);
      }
    }
  };
  const runs = Promise.all(Array.from({ length: CLIENTS }, run));
  return {
    failures,
    get answered() {
      return answered;
    },
    async stop() {
      isStopped = true;
      await runs;
    },
  };
}

test("kill -9 of a worker under load, again and again, costs its own requests in flight and no others", async () => {
  using folder = tempFolder();
  folder.write("pid.ts", PID);
  await using gateway = await startGateway(
    `listen: { host: 127.0.0.1, port: 0, workers: 2 }
plugins: { ./pid.ts: {} }
services: { s: { targets: ["${up.url}"] } }
routes: [{ path: /*, service: s }]
`,
    { folder: folder.path },
  );
  const clients = startClients(gateway);
  for (let n = 1; n <= KILLS; n++) {
    const { answered } = clients;
    await until(() => clients.answered > answered + 100);
    const worker = (await workersOf(gateway))[n % 2];
    const { length } = clients.failures;
    const killedAt = performance.now();
    await replaceWorker(gateway, worker?.pid ?? 0);
    const lost = clients.failures.slice(length);
    const served = lost.filter(({ pid }) => pid !== undefined);
    expect(served.length).toBeLessThanOrEqual(CLIENTS);
    for (const { pid } of served) expect(pid).toBe(String(worker?.pid));
    // While the kernel clears a process away it still takes connections for it, which end with it.
    for (const { pid, at } of lost) if (pid === undefined) expect(at - killedAt).toBeLessThan(5_000);
    for (const { reason } of lost) expect(reason).not.toStartWith("status");
  }
  const { length } = clients.failures;
  const { answered } = clients;
  await until(() => clients.answered > answered + 300);
  await clients.stop();
  expect(clients.failures).toHaveLength(length);
  expect(await gateway.stop()).toBe(0);
}, 60_000);
