import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { LiveReport } from "../../src/explain/live-report.ts";
import { signRequest } from "../../src/explain/signature.ts";
import { type GatewayProcess, startGateway } from "../support/gateway.ts";
import { connect } from "../support/raw.ts";
import { configReport } from "../support/reload.ts";
import { runCli } from "../support/run-cli.ts";
import { replies, response } from "../support/scripts.ts";
import { until } from "../support/until.ts";
import { startUpstream } from "../support/upstream.ts";

setDefaultTimeout(60_000);

const SECRET = "an explain secret of 32 characters";
const TOKEN = "hush-admin";
const env = { EXPLAIN_SECRET: SECRET, ADMIN_TOKEN: TOKEN };
const up = startUpstream(replies(response("ok", { headers: [["Cache-Control", "max-age=60"]] })));
afterAll(() => up.stop());

function yaml(workers = 1, port = 0): string {
  return `listen: { host: 127.0.0.1, port: 0, workers: ${workers} }
admin: { host: 127.0.0.1, port: ${port}, token: "\${ADMIN_TOKEN}" }
explain: { secret: "\${EXPLAIN_SECRET}" }
plugins: { request-id: {} }
services:
  s:
    targets: ["http://127.0.0.1:9", "${up.url}"]
    plugins: { retry: { attempts: 2 } }
routes:
  - { name: cached, path: /c/*, service: s, strip-prefix: /c, plugins: { cache: { ttl: 1m }, rate-limit: { limit: 100, window: 1m, key: ip } } }
  - { name: private, path: /p/*, service: s, plugins: { jwt: { secret: "hush-hush-hush-hush-hush-hush-hush", algorithms: [HS256] } } }
  - { name: hi, path: /hi, plugins: { respond: { body: hi } } }
`;
}

function signed({ port }: GatewayProcess, method: string, path: string): string {
  return signRequest(SECRET, { method, host: `127.0.0.1:${port}`, path }, Math.floor(Date.now() / 1_000) + 60);
}

async function send(gateway: GatewayProcess, method: string, path: string, headers: readonly string[] = []) {
  using client = await connect(gateway.port);
  const host = `Host: 127.0.0.1:${gateway.port}`;
  const reply = await client.exchange(`${method} ${path} HTTP/1.1\r\n${[host, ...headers].join("\r\n")}\r\n\r\n`);
  return { status: reply.status, id: reply.header("sluice-explanation"), reply };
}

async function follow(gateway: GatewayProcess, method: string, path: string, headers: readonly string[] = []) {
  const value = signed(gateway, method, path.replace(/\?.*/, ""));
  return await send(gateway, method, path, [`Sluice-Explain: ${value}`, ...headers]);
}

async function admin({ adminPort }: GatewayProcess, path: string, token = TOKEN): Promise<Response> {
  return await fetch(`http://127.0.0.1:${adminPort}${path}`, { headers: { authorization: `Bearer ${token}` } });
}

async function reportOf(gateway: GatewayProcess, id: string | undefined): Promise<LiveReport> {
  return await until(async () => {
    const report = (await (await admin(gateway, `/api/explanations/${id}`)).json()) as LiveReport;
    return report.explained !== undefined && report;
  });
}

describe.each([1, 2])("a signed request, with %d workers", (workers) => {
  test("tells where to find what has become of it: plugins, cache, attempts, the URL", async () => {
    await using gateway = await startGateway(yaml(workers), { env });
    const before = up.requests.length;
    // One of the two targets is down: of two requests one is tried again at least.
    const all: LiveReport[] = [];
    for (const path of ["/c/1?a=1&access_token=hush-query", "/c/2", "/c/3"]) {
      const { status, id } = await follow(gateway, "GET", path);
      expect(status).toBe(200);
      all.push(await reportOf(gateway, id));
    }
    expect(JSON.stringify(all)).not.toContain("hush");
    const retried = all.find(({ happened }) => (happened?.attempts.length ?? 0) > 1);
    expect(retried?.happened?.attempts).toMatchObject([
      { target: "http://127.0.0.1:9", result: "refused", status: 502, code: "upstream_connect" },
      { target: up.url, result: "answered", status: 200, ms: expect.any(Number) },
    ]);
    expect(retried?.happened?.attempts[0]?.reason).toContain("ECONNREFUSED");
    const [first] = all;
    expect(first).toMatchObject({
      happened: { status: 200, route: "cached", service: "s", target: up.url, upstreamPath: "/1" },
      explained: {
        outcome: "forwarded",
        route: { name: "cached", place: expect.stringMatching(/gateway\.yaml:10$/), params: { "*": "1" } },
      },
    });
    expect(first?.happened?.steps.map(({ phase, plugin, result }) => [phase, plugin, result])).toEqual([
      ["request", "request-id", "passed"],
      ["limit", "rate-limit", "passed"],
      ["cache", "cache", "passed"],
      ["forward", "retry", "passed"],
      ["response", "request-id", "passed"],
      ["response", "rate-limit", "passed"],
    ]);
    expect(first?.happened?.steps[2]).toMatchObject({ calls: 1, cacheStatus: expect.stringContaining("fwd=") });
    // Options with their places, as the command without a gateway tells them.
    const limit = first?.explained?.plugins.find(({ name }) => name === "rate-limit");
    expect(limit).toMatchObject({
      origin: "route",
      place: expect.stringMatching(/gateway\.yaml:10$/),
      isReached: true,
    });
    expect(limit?.options.find(({ name }) => name === "limit")).toMatchObject({
      value: 100,
      place: expect.stringMatching(/gateway\.yaml:10$/),
    });
    expect(JSON.stringify(limit?.explanation?.facts)).toContain("127.0.0.1");
    // The service is not told.
    const told = up.requests.slice(before).flatMap(({ headers }) => headers.map(([name]) => name.toLowerCase()));
    expect(told).not.toContain("sluice-explain");
    // A hit never comes to the service; each worker has its own memory.
    await until(async () => {
      const { id } = await follow(gateway, "GET", "/c/2");
      const { happened } = await reportOf(gateway, id);
      const step = happened?.steps.find(({ phase }) => phase === "cache");
      return (
        step?.result === "answered" && happened?.attempts.length === 0 && step.cacheStatus?.includes("hit") === true
      );
    });
    const { explanations } = (await (await admin(gateway, "/api/explanations")).json()) as {
      explanations: readonly { id: string; path: string; status: number }[];
    };
    expect(explanations.map(({ id }) => id)).toContain(all[2]?.id ?? "");
    expect(explanations[0]).toMatchObject({ path: "/c/2", status: 200 });
  });

  test("that is refused tells by whom, and why", async () => {
    await using gateway = await startGateway(yaml(workers), { env });
    const { status, id } = await follow(gateway, "GET", "/p/x", ["Authorization: Bearer not.a.token"]);
    expect(status).toBe(401);
    const { happened, explained } = await reportOf(gateway, id);
    expect(happened).toMatchObject({ status: 401, errorCode: "unauthenticated", attempts: [], route: "private" });
    const step = happened?.steps.find(({ plugin }) => plugin === "jwt");
    expect(step).toMatchObject({ phase: "authenticate", result: "refused", status: 401, code: "unauthenticated" });
    expect(explained).toMatchObject({ outcome: "refused", status: 401 });
    expect(JSON.stringify(explained)).not.toContain("hush");
  });
});

test("nothing but an id reaches the client, and the rest needs the token", async () => {
  await using gateway = await startGateway(yaml(), { env });
  const { id, reply } = await follow(gateway, "GET", "/hi");
  expect(id).toMatch(/^[0-9a-f-]{36}$/);
  const { reply: plain } = await send(gateway, "GET", "/hi");
  const names = (all: typeof reply) => all.headers.map(([name]) => name.toLowerCase()).sort();
  expect(names(reply)).toEqual([...names(plain), "sluice-explanation"].sort());
  expect((await admin(gateway, `/api/explanations/${id}`, "wrong")).status).toBe(401);
  expect((await admin(gateway, "/api/explanations/none")).status).toBe(404);
  expect(JSON.stringify(await (await admin(gateway, "/api/config")).json())).not.toContain(SECRET);
});

test("a request without a route is followed, too", async () => {
  await using gateway = await startGateway(yaml(), { env });
  const { status, id } = await follow(gateway, "GET", "/none");
  expect(status).toBe(404);
  const { happened, explained } = await reportOf(gateway, id);
  expect(happened).toMatchObject({ status: 404, errorCode: "route_not_found" });
  expect(explained).toMatchObject({ outcome: "not-found" });
  expect(explained?.candidates.map(({ name }) => name).toSorted()).toEqual(["cached", "hi", "private"]);
});

test("a signature that is used, wrong, or for another request changes nothing, and goes no further", async () => {
  await using gateway = await startGateway(yaml(), { env });
  const value = signed(gateway, "GET", "/c/x");
  const tries = [
    ["/c/y", value],
    ["/c/x", `${value.slice(0, -1)}!`],
    ["/c/x", "junk"],
  ] as const;
  const before = up.requests.length;
  for (const [path, text] of tries) {
    const { status, id } = await send(gateway, "GET", path, [`Sluice-Explain: ${text}`]);
    expect([status, id]).toEqual([200, undefined]);
  }
  expect((await send(gateway, "GET", "/c/x", [`Sluice-Explain: ${value}`])).id).toBeDefined();
  expect((await send(gateway, "GET", "/c/x", [`Sluice-Explain: ${value}`])).id).toBeUndefined();
  const told = up.requests.slice(before).flatMap(({ headers }) => headers.map(([name]) => name.toLowerCase()));
  expect(told).not.toContain("sluice-explain");
});

test("without a secret the header is one like any other", async () => {
  await using gateway = await startGateway(yaml(), { env: { ...env, EXPLAIN_SECRET: "" } });
  const { status, id } = await send(gateway, "GET", "/c/x", ["Sluice-Explain: junk"]);
  expect([status, id]).toEqual([200, undefined]);
  expect(up.requests.at(-1)?.headers).toContainEqual(["sluice-explain", "junk"]);
  expect(await (await admin(gateway, "/api/explanations")).json()).toEqual({ explanations: [] });
});

test("gateway explain prints the request to send, and what has become of it", async () => {
  await using gateway = await startGateway(yaml(), { env });
  const { id } = await follow(gateway, "GET", "/hi");
  await reportOf(gateway, id);
  await Bun.write(
    `${gateway.folder}/next.yaml`,
    yaml(1, gateway.adminPort).replaceAll(/\$\{(\w+)\}/g, (_, name) => env[name as "ADMIN_TOKEN"]),
  );
  const { code, out } = await runCli(gateway.folder, "explain", "--id", id ?? "", "--config", "next.yaml");
  expect(code).toBe(0);
  expect(out).toContain(`explanation ${id}`);
  expect(out).toMatch(/200 after [\d.]+ ms, no attempt/);
  expect(out).toMatch(/cache|respond/);
  expect(out).toMatch(/answered 200, route hi \(.*gateway\.yaml:12\): respond: a fixed reply/);
  expect((await runCli(gateway.folder, "explain", "--id", "none", "--config", "next.yaml")).code).toBe(1);
  const sign = (...more: string[]) =>
    runCli(gateway.folder, "explain", "GET", "/hi", "--sign", "--config", "next.yaml", ...more);
  expect((await sign("--for", "6m")).code).toBe(2);
  const signedFor = await sign("-H", "X-Quote: it's");
  expect(signedFor.out).toMatch(
    /^curl -i -H 'sluice-explain: \d{10}\.[\w-]{16}\.[\w-]{43}' -H 'X-Quote: it'\\''s' http:\/\/localhost:0\/hi\n/,
  );
  const url = `http://127.0.0.1:${gateway.port}/hi?x=1`;
  const whole = await runCli(gateway.folder, "explain", "GET", url, "--sign", "--for=5m", "--config", "next.yaml");
  const [, header = ""] = /-H 'sluice-explain: ([^']+)'/.exec(whole.out) ?? [];
  expect((await send(gateway, "GET", "/hi?x=2", [`Sluice-Explain: ${header}`])).id).toBeDefined();
  await Bun.write(`${gateway.folder}/short.yaml`, "routes: []\nexplain: { secret: hush }\n");
  const short = await runCli(gateway.folder, "check", "short.yaml");
  expect([short.code, short.out + short.err]).toEqual([
    1,
    expect.stringContaining("expected at least 32 characters, found 4"),
  ]);
  expect(short.out + short.err).not.toContain("hush");
});

test("the secret is shown to nobody", async () => {
  await using gateway = await startGateway(`explain: { secret: "${SECRET}" }\nroutes: []\n`);
  expect(JSON.stringify(await configReport(gateway))).not.toContain(SECRET);
});
