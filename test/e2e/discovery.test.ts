import { expect, test } from "bun:test";
import { renameSync } from "node:fs";
import { startConsul } from "../support/consul.ts";
import { startDnsServer } from "../support/dns.ts";
import { type GatewayProcess, startGateway } from "../support/gateway.ts";
import { connect } from "../support/raw.ts";
import { replies, response } from "../support/scripts.ts";
import { type TempFolder, tempFolder } from "../support/temp.ts";
import { until } from "../support/until.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";
import { adminJson, startLoad } from "../support/workers.ts";

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const ROUTE = "routes: [{ path: /, service: users }]\n";

interface ServiceReport {
  readonly targets: readonly { readonly url: string }[];
  readonly discovery: {
    readonly source: string;
    readonly draining: number;
    readonly lastSuccess?: string;
    readonly lastError?: { readonly message: string; readonly at: string };
  };
}

async function users(gateway: GatewayProcess): Promise<ServiceReport> {
  const { services } = await adminJson<{ services: readonly ServiceReport[] }>(gateway, "/api/services");
  const [service] = services;
  if (service === undefined) throw new Error("there is a service");
  return service;
}

/** Replaces the file as a whole, as programs do that others read along. */
function writeTargets(folder: TempFolder, upstreams: readonly Upstream[]): void {
  const text = `targets:${upstreams.map(({ url }) => `\n  - ${url}`).join("") || " []"}\n`;
  renameSync(folder.write("targets.new", text), folder.file("targets.yaml"));
}

async function untilTargets(gateway: GatewayProcess, upstreams: readonly Upstream[]): Promise<void> {
  const wanted = upstreams.map(({ url }) => url).sort();
  const isSo = async () => Bun.deepEquals((await users(gateway)).targets.map(({ url }) => url).sort(), wanted);
  await until(isSo, { what: () => `the targets are ${wanted}` });
}

/** An upstream that takes a moment for each request, so that some are always under way. */
function startBusy(name: string): Upstream {
  return startUpstream(async (_, connection) => {
    await Bun.sleep(5);
    await connection.send(response(name));
  });
}

test.each([
  ["one process", ""],
  ["workers", "listen: { host: 127.0.0.1, port: 0, workers: 2 }\n"],
])(
  "targets come and go under load without a failed request, with %s",
  async (_, listen) => {
    using folder = tempFolder();
    using a = startBusy("a");
    using b = startBusy("b");
    using c = startBusy("c");
    writeTargets(folder, [a]);
    const service = "services: { users: { discover: { file: ./targets.yaml } } }\n";
    await using gateway = await startGateway(`${listen}${service}${ROUTE}`, { folder: folder.path });
    const load = startLoad([gateway.port], 16);
    for (const next of [[a, b], [b], [b, c], [c], [a, c], [a]]) {
      writeTargets(folder, next);
      await untilTargets(gateway, next);
      const before = load.answered;
      await until(() => load.answered > before + 100);
      for (const gone of [a, b, c].filter((each) => !next.includes(each))) await gone.waitForClosed();
    }
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(Math.min(a.requests.length, b.requests.length, c.requests.length)).toBeGreaterThan(50);
    const { discovery } = await users(gateway);
    expect(discovery).toMatchObject({ source: `file ${folder.file("targets.yaml")}`, draining: 0 });
    expect(discovery.lastSuccess).toBeDefined();
    const change = await gateway.waitForLog(
      ({ msg, removed }) => msg === "targets changed" && Bun.deepEquals(removed, [c.url]),
    );
    expect(change).toMatchObject({ service: "users", targets: 1 });
    expect(await gateway.stop()).toBe(0);
  },
  60_000,
);

test("a broken file leaves the targets, and the problem is in the log and on the admin port", async () => {
  using folder = tempFolder();
  using a = startUpstream(replies(response("a")));
  writeTargets(folder, [a]);
  const service = "services: { users: { discover: { file: ./targets.yaml } } }\n";
  await using gateway = await startGateway(`${service}${ROUTE}`, { folder: folder.path });
  renameSync(folder.write("targets.new", "targets:\n  - 10.0.0.1\n"), folder.file("targets.yaml"));
  const line = await gateway.waitForLog(({ msg }) => msg === "targets cannot be discovered: the old ones stay");
  expect(line.reason).toStartWith(`${folder.file("targets.yaml")}:2:5 targets[0]: expected http://host:port`);
  const { discovery, targets } = await users(gateway);
  expect(discovery.lastError?.message).toBe(line.reason as string);
  expect(targets).toHaveLength(1);
  using client = await connect(gateway.port);
  expect((await client.exchange(GET)).status).toBe(200);
  writeTargets(folder, [a]);
  await gateway.waitForLog(({ msg }) => msg === "targets are discovered again");
  expect((await users(gateway)).discovery.lastError).toBeUndefined();
});

test("a source that is silent holds the start up for a bounded time; without targets it is 503", async () => {
  await using server = await startDnsServer();
  server.set("A users.internal", "silence");
  server.set("AAAA users.internal", "silence");
  const before = performance.now();
  const service = `services: { users: { discover: { dns: users.internal, servers: ["${server.address}"] } } }\n`;
  await using gateway = await startGateway(`${service}${ROUTE}`);
  expect(performance.now() - before).toBeGreaterThan(1_900);
  await gateway.waitForLog(({ msg }) => msg === "targets cannot be discovered: the old ones stay", 10_000);
  const messages = gateway.logs.map(({ msg }) => msg);
  expect(messages.indexOf("listening")).toBeLessThan(
    messages.indexOf("targets cannot be discovered: the old ones stay"),
  );
  using client = await connect(gateway.port);
  const reply = await client.exchange(GET);
  expect(reply.status).toBe(503);
  expect(reply.body.toString()).toContain("no_target_available");
  expect(await gateway.stop()).toBe(0);
}, 60_000);

test("addresses of a name are targets, and what fails later takes none away", async () => {
  await using server = await startDnsServer();
  using a = startUpstream(replies(response("a")));
  server.set("A users.internal", [{ type: "A", name: "users.internal", data: "127.0.0.1", ttl: 0 }]);
  const discover = `{ dns: users.internal, port: ${a.port}, servers: ["${server.address}"], min-ttl: 1s }`;
  await using gateway = await startGateway(`services: { users: { discover: ${discover} } }\n${ROUTE}`);
  using client = await connect(gateway.port);
  expect((await client.exchange(GET)).status).toBe(200);
  server.set("A users.internal", { rcode: 2 });
  server.set("AAAA users.internal", { rcode: 2 });
  await gateway.waitForLog(
    ({ msg, reason }) => msg?.startsWith("targets cannot") === true && /SERVFAIL/.test(`${reason}`),
    10_000,
  );
  expect((await client.exchange(GET)).status).toBe(200);
}, 60_000);

test("Consul going away and coming back costs no request; its token is told to nobody", async () => {
  await using consul = startConsul();
  using a = startUpstream(replies(response("a")));
  consul.set([{ address: "127.0.0.1", port: a.port }]);
  const discover = `{ consul: { url: "${consul.url}", service: users, token: "s3cret-token" } }`;
  await using gateway = await startGateway(`services: { users: { discover: ${discover} } }\n${ROUTE}`);
  using client = await connect(gateway.port);
  expect((await client.exchange(GET)).status).toBe(200);
  await until(() => consul.waiting === 1);
  consul.answer = () => new Response("no leader", { status: 500 });
  consul.set([]);
  consul.set([{ address: "127.0.0.1", port: a.port }]);
  await until(() => consul.waiting === 0);
  await gateway.waitForLog(({ reason }) => `${reason}`.endsWith("answered 500"));
  expect((await client.exchange(GET)).status).toBe(200);
  consul.answer = undefined;
  await gateway.waitForLog(({ msg }) => msg === "targets are discovered again", 10_000);
  expect(consul.questions[0]?.token).toBe("s3cret-token");
  const told = [JSON.stringify(gateway.logs), JSON.stringify(await users(gateway)), gateway.stderr].join();
  expect(told).not.toContain("s3cret");
}, 60_000);
