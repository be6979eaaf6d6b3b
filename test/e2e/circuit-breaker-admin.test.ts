import { afterAll, beforeAll, expect, test } from "bun:test";
import { type GatewayProcess, startGateway } from "../support/gateway.ts";
import { exchange } from "../support/raw.ts";
import { closes, replies, response } from "../support/scripts.ts";
import { tempFolder } from "../support/temp.ts";
import { until } from "../support/until.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";

/* Two workers, each with breakers of its own, and one admin port. */

let gateway: GatewayProcess;
let bad: Upstream;
let idle: Upstream;

beforeAll(async () => {
  bad = startUpstream(replies(response("bad", { status: 503, reason: "No" })));
  idle = startUpstream(replies(response("good")));
  gateway = await startGateway(`
listen: { host: 127.0.0.1, port: 0, workers: 2 }
services:
  users:
    targets: ["${bad.url}"]
    plugins: { circuit-breaker: { consecutive-failures: 2, open: 1h, max-open: 1h } }
  idle: { targets: ["${idle.url}"], plugins: { circuit-breaker: {} } }
routes: [{ path: /users, service: users }, { path: /idle, service: idle }]
`);
}, 60_000);

afterAll(async () => {
  await gateway.stop();
  bad.stop();
  idle.stop();
});

const ask = (path: string) => exchange(gateway.port, `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
const admin = (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${gateway.adminPort}${path}`, init);

interface Service {
  readonly name: string;
  readonly circuits: readonly Readonly<Record<string, unknown>>[];
}

async function circuitsOf(service: string): Promise<Service["circuits"]> {
  const { services } = (await (await admin("/api/services")).json()) as { readonly services: readonly Service[] };
  return services.find(({ name }) => name === service)?.circuits ?? [];
}

test("a breaker that has opened is in /api/services, in the metrics and in the log, with the reason", async () => {
  await until(async () => (await ask("/users")).body.toString().includes("circuit_open"));
  const reason = "2 failures in a row, the last: 503";
  const [circuit, ...others] = await circuitsOf("users");
  expect(others).toEqual([]);
  expect(circuit).toMatchObject({ site: "service users", target: bad.url, state: "open", reason, isForced: false });
  const { since, openUntil } = circuit ?? {};
  expect(Date.parse(String(openUntil)) - Date.parse(String(since))).toBe(3_600_000);

  const metrics = await (await admin("/metrics")).text();
  const labels = `{service="users",target="${bad.url}",state="open"}`;
  expect(metrics).toMatch(new RegExp(`^sluice_plugin_circuit_breaker_state\\${labels} [12]$`, "m"));
  expect(metrics).toMatch(new RegExp(`^sluice_plugin_circuit_breaker_changes_total\\${labels} [12]$`, "m"));
  expect(await gateway.waitForLog(({ msg }) => msg === "a circuit has opened")).toMatchObject({
    level: "warn",
    plugin: "circuit-breaker",
    service: "users",
    target: bad.url,
    from: "closed",
    to: "open",
    reason,
    openMs: 3_600_000,
  });
});

test("an operator's word is heard by all workers, also by those that have not met the target yet", async () => {
  const order = (state: string) =>
    admin("/api/plugins/circuit-breaker", {
      method: "POST",
      body: JSON.stringify({ service: "idle", target: idle.url, state }),
    });
  expect((await order("open")).status).toBe(200);
  for (let i = 0; i < 12; i++) expect((await ask("/idle")).status).toBe(503);
  expect(idle.requests).toEqual([]);
  expect(await circuitsOf("idle")).toMatchObject([{ state: "open", isForced: true }]);
  expect((await order("reset")).status).toBe(200);
  for (let i = 0; i < 12; i++) expect((await ask("/idle")).status).toBe(200);
  expect((await order("ajar")).status).toBe(400);
});

test("the breaker of a target that discovery has taken away is not told of", async () => {
  using folder = tempFolder();
  using dying = startUpstream(closes());
  using well = startUpstream(replies(response("well")));
  const write = (...urls: string[]) => folder.write("targets.yaml", `targets: ${JSON.stringify(urls)}\n`);
  write(dying.url, well.url);
  await using own = await startGateway(
    `services: { users: { discover: { file: ./targets.yaml }, plugins: { circuit-breaker: { consecutive-failures: 1 } } } }
routes: [{ path: /users, service: users }]
`,
    { folder: folder.path },
  );
  const told = async () => {
    const { services } = (await (await fetch(`http://127.0.0.1:${own.adminPort}/api/services`)).json()) as {
      readonly services: readonly Service[];
    };
    return services[0]?.circuits.map(({ target, state }) => `${target} ${state}`).sort() ?? [];
  };
  for (let i = 0; i < 4; i++) await exchange(own.port, "GET /users HTTP/1.1\r\nHost: a\r\n\r\n");
  const both = [`${dying.url} open`, `${well.url} closed`].sort();
  expect(await told()).toEqual(both);
  write(well.url);
  await own.waitForLog(({ msg }) => msg === "targets changed");
  await until(async () => (await told()).length < 2);
  expect(await told()).toEqual([`${well.url} closed`]);
  write(well.url, dying.url);
  await until(async () => (await told()).length > 1);
  expect(await told()).toEqual(both);
});
