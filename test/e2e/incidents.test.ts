import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { type GatewayProcess, startGateway } from "../support/gateway.ts";
import { exchange } from "../support/raw.ts";
import { closes, replies, response } from "../support/scripts.ts";
import { until } from "../support/until.ts";
import { startUpstream } from "../support/upstream.ts";
import { adminJson, workersOf } from "../support/workers.ts";

type Incident = Readonly<Record<string, unknown>>;

setDefaultTimeout(60_000);

const broken = startUpstream(replies(response("no", { status: 503, reason: "No" })));
const rude = startUpstream(closes());
const well = startUpstream(replies());
const alice = `Basic ${btoa("alice:wonderland")}`;
const hash = await Bun.password.hash("wonderland", { algorithm: "bcrypt", cost: 4 });

const yaml = (workers: number) => `listen: { host: 127.0.0.1, port: 0, workers: ${workers} }
services:
  broken: { targets: ["${broken.url}"] }
  rude: { targets: ["${rude.url}"] }
  gone: { targets: ["http://127.0.0.1:9"] }
  well: { targets: ["${well.url}"] }
routes:
  - { name: broken, path: /broken/*, service: broken }
  - { name: rude, path: /rude, service: rude }
  - { name: gone, path: /gone, service: gone }
  - { name: well, path: /well, service: well }
  - { name: maintenance, path: /maintenance, plugins: { respond: { status: 503, body: later } } }
  - { name: few, path: /few, service: well, plugins: { rate-limit: { limit: 1, window: 1h } } }
  - name: mine
    path: /mine
    service: well
    plugins:
      basic-auth: { users: { alice: "${hash}" } }
      rate-limit: { limit: 1, window: 1h, key: principal }
`;

const errorsOf = async (gateway: GatewayProcess, query = "") =>
  (await adminJson<{ errors: readonly Incident[] }>(gateway, `/api/errors${query}`)).errors;

const ask = (gateway: GatewayProcess, target: string, headers = "") =>
  exchange(gateway.port, `GET ${target} HTTP/1.1\r\nHost: a\r\n${headers}\r\n`);

afterAll(() => {
  for (const upstream of [broken, rude, well]) upstream.stop();
});

describe("one process", () => {
  let gateway: GatewayProcess;
  beforeAll(async () => {
    gateway = await startGateway(yaml(1));
  });
  afterAll(() => gateway.stop());

  test("a request that goes well, or that a plugin answers, is not among the errors", async () => {
    expect((await ask(gateway, "/well")).status).toBe(200);
    expect((await ask(gateway, "/maintenance")).status).toBe(503);
    expect(await errorsOf(gateway)).toEqual([]);
  });

  test.each([
    ["/broken/x?token=s3cret", { status: 503, code: "upstream_status", detail: "The service has answered 503" }],
    ["/rude", { status: 502, code: "upstream_reset" }],
    ["/gone", { status: 502, code: "upstream_connect", detail: "The service could not be reached (ECONNREFUSED)" }],
  ])("%s is one, with its reason and the target that is to blame", async (path, expected) => {
    const reply = await ask(gateway, path);
    expect(reply.status).toBe(expected.status);
    const [error] = await errorsOf(gateway);
    const [bare] = path.split("?");
    const service = bare?.split("/")[1];
    expect(error).toMatchObject({ ...expected, method: "GET", path: bare, source: "upstream", client: "127.0.0.1" });
    expect(error).toMatchObject({
      route: service,
      service,
      target: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
    });
    expect(Date.now() - Date.parse(String(error?.at))).toBeWithin(-1_000, 10_000);
    expect(JSON.stringify(await errorsOf(gateway))).not.toContain("s3cret");
  });

  test("one that the gateway refuses has the id that the client was told", async () => {
    const reply = await ask(gateway, "/nowhere");
    const { requestId } = JSON.parse(reply.body.toString());
    const [error] = await errorsOf(gateway);
    expect(error).toMatchObject({ requestId, status: 404, code: "route_not_found", source: "downstream" });
    expect(error).not.toHaveProperty("route");
  });

  test("what is no request is one, too", async () => {
    expect((await exchange(gateway.port, "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")).status).toBe(400);
    expect((await errorsOf(gateway))[0]).toMatchObject({
      code: "bad_request",
      method: "",
      path: "",
      client: "127.0.0.1",
    });
  });

  test("a flood of what clients have done wrong does not wash away what the gateway has to answer for", async () => {
    const before = (await errorsOf(gateway)).filter(({ source }) => source === "upstream");
    for (let i = 0; i < 300; i++) await ask(gateway, `/scan/${i}`);
    const errors = await errorsOf(gateway, "?limit=500");
    expect(errors.filter(({ source }) => source === "upstream")).toEqual(before);
    expect(errors.filter(({ source }) => source === "downstream")).toHaveLength(250);
    expect(errors[0]).toMatchObject({ path: "/scan/299" });
    expect(await errorsOf(gateway, "?limit=2")).toEqual(errors.slice(0, 2));
    expect(await errorsOf(gateway)).toHaveLength(100);
  });

  test.each(["0", "-1", "x", "1.5", ""])("a limit of %p is malformed", async (limit) => {
    const response = await fetch(`http://127.0.0.1:${gateway.adminPort}/api/errors?limit=${limit}`);
    expect([response.status, await response.json()]).toMatchObject([400, { detail: expect.stringContaining("limit") }]);
  });

  test("clients that are limited are counted by who they are, or else by their address", async () => {
    const statuses = [];
    for (let i = 0; i < 4; i++) statuses.push((await ask(gateway, "/few")).status);
    for (let i = 0; i < 3; i++) statuses.push((await ask(gateway, "/mine", `Authorization: ${alice}\r\n`)).status);
    expect(statuses).toEqual([200, 429, 429, 429, 200, 429, 429]);
    const { since, clients } = await adminJson<{ since: string; clients: readonly Incident[] }>(
      gateway,
      "/api/limited",
    );
    const lastAt = expect.stringMatching(/^\d{4}-\d\d-\d\dT/);
    expect(clients).toEqual([
      { client: "127.0.0.1", route: "few", refused: 3, lastAt },
      { client: "basic-auth:alice", route: "mine", refused: 2, lastAt },
    ]);
    expect(Date.parse(since)).toBeLessThanOrEqual(Date.now());
    expect((await errorsOf(gateway))[0]).toMatchObject({ code: "rate_limited", principal: "basic-auth:alice" });
    expect(JSON.stringify(await errorsOf(gateway))).not.toContain(alice);
  });
});

test("the errors and limited clients of all workers are told together, and survive a reload", async () => {
  await using gateway = await startGateway(yaml(2));
  const workers = async () => new Set((await errorsOf(gateway)).map(({ worker }) => worker));
  await until(async () => {
    await ask(gateway, "/broken/x");
    return (await workers()).size === 2;
  });
  expect([...(await workers())].toSorted()).toEqual([1, 2]);
  const errors = await errorsOf(gateway);
  expect(errors.map(({ at }) => at)).toEqual(
    errors
      .map(({ at }) => at)
      .toSorted()
      .toReversed(),
  );
  expect(errors).toHaveLength(broken.requests.filter(({ target }) => target === "/broken/x").length);

  let refused = 0;
  for (let i = 0; i < 20; i++) if ((await ask(gateway, "/few")).status === 429) refused++;
  const limited = () => adminJson<object>(gateway, "/api/limited");
  expect(refused).toBeGreaterThan(10);
  expect(await limited()).toMatchObject({ clients: [{ client: "127.0.0.1", route: "few", refused }] });

  const reload = await fetch(`http://127.0.0.1:${gateway.adminPort}/api/reload`, { method: "POST" });
  expect(reload.status).toBe(200);
  expect(await errorsOf(gateway, "?limit=500")).toContainEqual(errors[0] ?? {});
  expect(await limited()).toMatchObject({ clients: [{ refused }] });
  expect(await workersOf(gateway)).toHaveLength(2);
});
