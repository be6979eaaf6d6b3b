import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type GatewayProcess, startGateway } from "../support/gateway.ts";
import { connect } from "../support/raw.ts";
import { isTakenOver, reload, rewrite } from "../support/reload.ts";
import { replies, response } from "../support/scripts.ts";
import { tempFolder } from "../support/temp.ts";
import { until } from "../support/until.ts";
import { startUpstream } from "../support/upstream.ts";
import { adminJson, replaceWorker, startLoad, workersOf } from "../support/workers.ts";

setDefaultTimeout(60_000);

const up = startUpstream(replies(response("ok")));
afterAll(() => up.stop());

function yaml(path: string, plugins = "{}"): string {
  return `listen: { host: 127.0.0.1, port: 0, workers: 2 }
services: { s: { targets: ["${up.url}"] } }
routes:
  - { path: /, service: s }
  - { path: ${path}, service: s, plugins: ${plugins} }
`;
}

/** What new connections are answered there, until both workers have had some in all likelihood. */
async function statuses({ port }: GatewayProcess, path: string): Promise<readonly number[]> {
  const all = new Set<number>();
  for (let i = 0; i < 24; i++) {
    using client = await connect(port);
    all.add((await client.exchange(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`)).status);
  }
  return [...all].sort();
}

test("SIGHUP gives all workers another configuration under load; one that starts later has it too", async () => {
  await using gateway = await startGateway(`reload: manual\n${yaml("/a")}`);
  const load = startLoad([gateway.port], 4);
  for (let n = 1; n <= 10; n++) {
    await rewrite(gateway, `reload: manual\n${yaml(`/a${n}`)}`);
    gateway.signal("SIGHUP");
    await until(() => gateway.logs.filter(isTakenOver).length === n);
  }
  expect(await statuses(gateway, "/a10")).toEqual([200]);
  expect(await statuses(gateway, "/a9")).toEqual([404]);
  await load.stop();
  expect(load.failures).toEqual([]);
  const [first] = await workersOf(gateway);
  await replaceWorker(gateway, first?.pid ?? 0);
  expect(await statuses(gateway, "/a10")).toEqual([200]);
  const { routes } = await adminJson<{ routes: readonly { path: string }[] }>(gateway, "/api/routes");
  expect(routes.map(({ path }) => path)).toEqual(["/", "/a10"]);
});

test("other counts of workers are taken over under load; one that goes finishes what it has", async () => {
  const counted = (count: number) => `reload: manual\n${yaml("/a").replace("workers: 2", `workers: ${count}`)}`;
  await using gateway = await startGateway(counted(2));
  const load = startLoad([gateway.port], 4);
  const pids = async () => (await workersOf(gateway)).map(({ pid }) => pid);
  const before = await pids();
  for (const count of [4, 3, 2, 3]) {
    const { answered } = load;
    await Bun.write(
      gateway.configFile,
      (await Bun.file(gateway.configFile).text()).replace(/workers: \d/, `workers: ${count}`),
    );
    expect(await reload(gateway)).toMatchObject({ result: "applied", needsRestart: [] });
    const workers = await workersOf(gateway);
    expect(workers.map(({ worker, state }) => [worker, state])).toEqual(
      Array.from({ length: count }, (_, index) => [index + 1, "running"]),
    );
    await until(() => load.answered > answered + 100);
  }
  expect((await pids()).slice(0, 2)).toEqual(before);
  await load.stop();
  expect(load.failures).toEqual([]);
  const ended = gateway.logs.filter(({ msg }) => msg === "stopping: requests in flight are finished");
  expect(ended.map(({ worker }) => worker)).toEqual([4, 3]);
  expect(await gateway.stop()).toBe(0);
});

test("a bad file changes nothing in any worker", async () => {
  await using gateway = await startGateway(yaml("/a"));
  await rewrite(gateway, yaml("/b", "{ concurrency-limit: { limit: 1, key: ip, lease: 10ms } }"));
  const report = await reload(gateway);
  expect(report).toMatchObject({ status: 422, problems: [{ path: "routes[1].plugins.concurrency-limit.lease" }] });
  expect(await statuses(gateway, "/a")).toEqual([200]);
  expect((await workersOf(gateway)).every(({ behind }) => behind === undefined)).toBe(true);
});

/** A plugin of which no more instances than so many can be set up, over all processes; then it throws. */
const SCARCE = `import { mkdirSync } from "node:fs";
import { definePlugin, Type } from "sluice/plugin";
export default definePlugin({
  name: "scarce",
  description: "Takes a place.",
  options: Type.Object({ most: Type.Integer(), folder: Type.String() }),
  setup({ most, folder }) {
    for (let i = 0; i < most; i++) {
      try {
        mkdirSync(\`\${folder}/place-\${i}\`);
        return {};
      } catch {}
    }
    throw new Error("there is no place left");
  },
});
`;

test.each([
  // The parent tries it out first.
  [2, "partial", 1],
  [1, "failed", 2],
] as const)("a configuration that %d processes can go by is %s", async (most, result, refusals) => {
  await using gateway = await startGateway(yaml("/a"));
  await Bun.write(`${gateway.folder}/scarce.ts`, SCARCE);
  const plugins = `{ ./scarce.ts: { most: ${most}, folder: ${JSON.stringify(gateway.folder)} } }`;
  await rewrite(gateway, `reload: manual\n${yaml("/b", plugins)}`);
  const line = await gateway.waitForLog(({ msg }) => msg === "a problem in the configuration");
  expect(line.problem).toContain("there is no place left");
  const behind = async () => (await workersOf(gateway)).filter((worker) => worker.behind !== undefined).length;
  await until(async () => (await behind()) === refusals, { what: "it is told who has refused it" });
  expect(await statuses(gateway, "/a")).toEqual(result === "partial" ? [200, 404] : [200]);
  const metrics = await (await fetch(`http://127.0.0.1:${gateway.adminPort}/metrics`)).text();
  expect(metrics).toContain(`sluice_reloads_total{result="${result}"} 1`);
  await rewrite(gateway, yaml("/c"));
  expect(await reload(gateway)).toMatchObject({ result: "applied" });
  expect((await workersOf(gateway)).flatMap((worker) => worker.behind ?? [])).toEqual([]);
  expect(await statuses(gateway, "/c")).toEqual([200]);
});

/** A plugin that is set up only while there is a file called "go", and writes one called "waiting" if it has to wait. */
const PATIENT = `import { existsSync, writeFileSync } from "node:fs";
import { definePlugin, Type } from "sluice/plugin";
export default definePlugin({
  name: "patient",
  description: "Waits.",
  options: Type.Object({ folder: Type.String() }),
  async setup({ folder }) {
    while (!existsSync(folder + "/go")) {
      writeFileSync(folder + "/waiting", "");
      await Bun.sleep(5);
    }
    return {};
  },
});
`;

test("a worker that was starting while the others took over another configuration gets it, too", async () => {
  using folder = tempFolder();
  folder.write("patient.ts", PATIENT);
  const go = folder.write("go", "");
  const plugins = `{ ./patient.ts: { folder: ${JSON.stringify(folder.path)} } }`;
  await using gateway = await startGateway(`reload: manual\n${yaml("/a", plugins)}`, { folder: folder.path });
  const [first] = await workersOf(gateway);
  rmSync(go);
  process.kill(first?.pid ?? 0, "SIGKILL");
  await until(() => existsSync(join(folder.path, "waiting")));
  await rewrite(gateway, yaml("/b"));
  expect((await reload(gateway)).result).toBe("applied");
  folder.write("go", "");
  await until(async () => (await workersOf(gateway)).every(({ state }) => state === "running"));
  await until(async () => Bun.deepEquals(await statuses(gateway, "/b"), [200]));
});
