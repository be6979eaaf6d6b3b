import { afterAll, beforeAll, expect, test } from "bun:test";
import { type InProcessGateway, startInProcess } from "../support/in-process.ts";
import { problemOf } from "../support/problem.ts";
import { connect, exchange } from "../support/raw.ts";
import { closes, hangs, replies, response } from "../support/scripts.ts";
import { until } from "../support/until.ts";
import { type Script, startUpstream, type Upstream } from "../support/upstream.ts";
import { openTunnel, switches, upgradeRequest } from "../support/websocket.ts";

/* What is no fault of a target opens no breaker, even where a single failure would. */

const NAMES = ["left", "probe", "hedged", "deadline", "total", "tried", "tunnel", "upload", "refused"] as const;
type Name = (typeof NAMES)[number];

const cleanup = new AsyncDisposableStack();
const upstreams = new Map<Name, readonly [Upstream, Upstream]>();
let gateway: InProcessGateway;
let serial = 0;

const MORE: Readonly<Record<Name, string>> = {
  left: "",
  probe: "",
  hedged: "retry: { hedge: { after: 20ms }, budget: { minimum: 100 } },",
  deadline: "",
  total: "",
  tried: "retry: { attempts: 2, per-try-timeout: 1s, backoff: { base: 1ms, max: 1ms } },",
  tunnel: "",
  upload: "body-limit: { size: 1kb },",
  refused: "ip-restriction: { allow: [192.0.2.1] },",
};

beforeAll(async () => {
  const service = (name: Name) => {
    const own = [1, 2].map(() => cleanup.use(startUpstream(replies(response("good")))));
    const [first, second] = own as [Upstream, Upstream];
    upstreams.set(name, [first, second]);
    const isPair = name === "hedged" || name === "tried";
    return `
  ${name}:
    targets: ["${first.url}"${isPair ? `, "${second.url}"` : ""}]
    pool: { max-age: 0s }
    timeouts: { response: 20s, total: ${name === "total" ? "500ms" : "20s"} }
    deadline-header: x-request-timeout-ms
    plugins: { ${MORE[name]} circuit-breaker: { consecutive-failures: 1 } }`;
  };
  gateway = cleanup.use(
    await startInProcess(`
listen: { host: 127.0.0.1, port: 0, trusted-proxies: [127.0.0.1] }
plugins: { access-log: {} }
services:${NAMES.map(service).join("")}
routes: [${NAMES.map((name) => `{ path: /${name}/*, service: ${name}, upgrade: [websocket] }`).join(", ")}]
`),
  );
});

afterAll(() => cleanup.disposeAsync());

function targetsOf(name: Name): readonly [Upstream, Upstream] {
  const found = upstreams.get(name);
  if (found === undefined) throw new Error(`${name} has no targets`);
  return found;
}

const path = (name: Name) => `/${name}/${++serial}`;
const message = (target: string, more = "") => `GET ${target} HTTP/1.1\r\nHost: a\r\n${more}\r\n`;
const ask = (name: Name, more = "") => exchange(gateway.port, message(path(name), more));
const opened = (name: Name) => gateway.logs.filter(({ fields }) => fields.service === name && fields.to === "open");
const lineOf = (target: string) => gateway.waitForLog(({ fields }) => fields.path === target);

/** A client that leaves while its request hangs. */
async function leave(name: Name): Promise<void> {
  const [target] = targetsOf(name);
  target.answer(hangs());
  const before = target.requests.length;
  const client = await connect(gateway.port);
  const asked = path(name);
  void client.send(message(asked));
  await until(() => target.requests.length > before);
  client.reset();
  expect((await lineOf(asked)).fields.status).toBe(499);
  target.answer(replies(response("good")));
}

test("a client that leaves opens nothing", async () => {
  await leave("left");
  expect((await ask("left")).status).toBe(200);
});

test("a client that leaves during its probe gives its place back", async () => {
  const [target] = targetsOf("probe");
  target.answer(closes());
  expect(problemOf(await ask("probe"))).toBe("502 upstream_reset");
  expect(problemOf(await ask("probe"))).toBe("503 circuit_open");
  gateway.clock.advance(10_000);
  await leave("probe");
  expect(gateway.logs.filter(({ fields }) => fields.service === "probe" && fields.to === "closed")).toEqual([]);
  expect((await ask("probe")).status).toBe(200);
  expect(opened("probe")).toHaveLength(1);
});

test("the loser of a hedge opens nothing, however often it loses", async () => {
  const [first, second] = targetsOf("hedged");
  first.answer(hangs());
  for (let i = 0; i < 6; i++) expect((await ask("hedged")).body.toString()).toBe("good");
  await until(() => first.open === 0);
  expect(first.requests.length).toBeGreaterThanOrEqual(3);
  expect(second.requests.length).toBe(6);
  expect(opened("hedged")).toEqual([]);
});

test("a request's own short deadline opens nothing", async () => {
  const [target] = targetsOf("deadline");
  target.answer(hangs());
  for (const ms of [1, 500]) {
    expect(problemOf(await ask("deadline", `X-Request-Timeout-Ms: ${ms}\r\n`))).toBe("504 upstream_timeout");
  }
  target.answer(replies(response("good")));
  expect((await ask("deadline")).status).toBe(200);
  // The first was over before it could be sent, most likely.
  expect(target.requests.length).toBeWithin(2, 4);
});

test("the service's own total does, also where a client has set a longer deadline", async () => {
  const [target] = targetsOf("total");
  target.answer(hangs());
  expect(problemOf(await ask("total", "X-Request-Timeout-Ms: 20000\r\n"))).toBe("504 upstream_timeout");
  expect(problemOf(await ask("total"))).toBe("503 circuit_open");
  expect(target.requests).toHaveLength(1);
});

test("the time of one try does, too", async () => {
  const [first] = targetsOf("tried");
  first.answer(hangs());
  for (let i = 0; i < 4; i++) expect((await ask("tried")).body.toString()).toBe("good");
  expect(first.requests).toHaveLength(1);
  expect(opened("tried").map(({ fields }) => fields.reason)).toEqual([
    "1 failure in a row, the last: upstream_timeout",
  ]);
});

test("what is refused before or during an upload opens nothing", async () => {
  expect((await ask("refused")).status).toBe(403);
  const upload = `POST ${path("upload")} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n`;
  const chunk = "1000\r\n".concat("x".repeat(4_096), "\r\n");
  expect(problemOf(await exchange(gateway.port, upload + chunk))).toBe("413 payload_too_large");
  expect((await ask("upload")).status).toBe(200);
});

test("a handshake that fails opens it; a tunnel that was opened and broke does not", async () => {
  const [target] = targetsOf("tunnel");
  const breaks: Script = async (request, connection) => {
    await switches("websocket", "bye")(request, connection);
    connection.reset();
  };
  target.answer(breaks);
  for (let i = 0; i < 2; i++) {
    using client = await connect(gateway.port);
    await openTunnel(client, "websocket", path("tunnel"));
    await client.waitForClosed();
  }
  target.answer(closes());
  const handshake = upgradeRequest("websocket", { path: path("tunnel") });
  expect(problemOf(await exchange(gateway.port, handshake))).toBe("502 upstream_reset");
  expect(problemOf(await exchange(gateway.port, handshake))).toBe("503 circuit_open");
  gateway.clock.advance(10_000);
  target.answer(switches("websocket", "welcome"));
  using client = await connect(gateway.port);
  await openTunnel(client, "websocket", path("tunnel"));
  expect(await client.readUntil("welcome")).toBe("welcome");
  expect(target.requests).toHaveLength(4);
});
