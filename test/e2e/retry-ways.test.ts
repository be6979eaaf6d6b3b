import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test";
import { type InProcessGateway, startInProcess } from "../support/in-process.ts";
import { connect } from "../support/raw.ts";
import { closes, hangs, replies, response } from "../support/scripts.ts";
import { until } from "../support/until.ts";
import { type Script, startUpstream, type Upstream } from "../support/upstream.ts";
import { describeEveryWay, listenEveryWay, portOf } from "../support/ways.ts";
import { openTunnel, switches } from "../support/websocket.ts";

/* What retries do whatever protocol the request came by, and for one that wants to switch to another. */

const cleanup = new AsyncDisposableStack();
let gateway: InProcessGateway;
let targets: readonly Upstream[];
let scripts: readonly Script[] = [];
let arrivals = 0;
let serial = 0;

beforeAll(async () => {
  const ordered: Script = (request, connection) =>
    (scripts[arrivals++] ?? replies(response("good")))(request, connection);
  targets = [1, 2].map(() => cleanup.use(startUpstream(ordered)));
  const urls = `[${targets.map(({ url }) => `"${url}"`).join(", ")}]`;
  const service = (name: string, more: string) => `
  ${name}:
    targets: ${urls}
    pool: { max-age: 0s }
    plugins: { retry: { backoff: { base: 1ms, max: 1ms }, budget: { minimum: 100 }${more} } }`;
  gateway = cleanup.use(
    await startInProcess(`
${listenEveryWay()}
plugins: { access-log: {} }
services:${service("main", "")}${service("hedged", ", hedge: { after: 20ms }")}
routes:
  - { path: /main/*, service: main }
  - { path: /hedged/*, service: hedged, upgrade: [websocket] }
  - { path: /ws/*, service: main, upgrade: [websocket] }
`),
  );
});

afterAll(() => cleanup.disposeAsync());
beforeEach(() => order([]));

/** What the requests to come get, in the order of their arrival, wherever they arrive; then "good". */
function order(next: readonly Script[]): void {
  scripts = next;
  arrivals = 0;
}

const arrivalsAt = (path: string) =>
  targets.flatMap(({ requests }) => requests.filter(({ target }) => target === path));
const message = (method: string, path: string, body = "") =>
  `${method} ${path} HTTP/1.1\r\nHost: a\r\n${body === "" ? "" : `Content-Length: ${body.length}\r\n`}\r\n${body}`;

describeEveryWay("a request that failed", (way) => {
  const send = (text: string) => way.exchange(portOf(way, gateway), text);

  test("is sent again to the other target", async () => {
    order([closes()]);
    const path = `/main/${++serial}`;
    const reply = await send(message("GET", path));
    expect([reply.status, reply.body.toString()]).toEqual([200, "good"]);
    expect(targets.map(({ requests }) => requests.filter(({ target }) => target === path).length)).toEqual([1, 1]);
  });

  test("is sent again with its body, octet for octet", async () => {
    order([closes()]);
    const path = `/main/${++serial}`;
    const body = "0123456789abcdef".repeat(2_048);
    expect((await send(message("PUT", path, body))).status).toBe(200);
    expect(arrivalsAt(path).map((one) => one.body.toString())).toEqual([body, body]);
  });

  test("is not sent again when it is a POST", async () => {
    order([closes()]);
    const path = `/main/${++serial}`;
    expect((await send(message("POST", path, "once"))).status).toBe(502);
    expect(arrivalsAt(path)).toHaveLength(1);
  });

  test("is helped by a second while it hangs, and leaves nothing open", async () => {
    order([hangs()]);
    const path = `/hedged/${++serial}`;
    expect((await send(message("GET", path))).body.toString()).toBe("good");
    expect(arrivalsAt(path)).toHaveLength(2);
    await until(() => targets.every(({ open }) => open === 0));
  });
});

test("a handshake for a tunnel is sent again, and the tunnel is that of the second target", async () => {
  order([closes(), switches("websocket", "welcome")]);
  using client = await connect(gateway.port);
  const path = `/ws/${++serial}`;
  await openTunnel(client, "websocket", path);
  expect(await client.readUntil("welcome")).toBe("welcome");
  expect(arrivalsAt(path)).toHaveLength(2);
});

test("a handshake that a target refuses with 503 goes to the other", async () => {
  order([replies(response("later", { status: 503, reason: "Busy" })), switches("websocket", "welcome")]);
  using client = await connect(gateway.port);
  await openTunnel(client, "websocket", `/ws/${++serial}`);
  expect(await client.readUntil("welcome")).toBe("welcome");
});

test("a tunnel that breaks is not opened again", async () => {
  order([
    async (request, connection) => {
      await switches("websocket", "bye")(request, connection);
      connection.reset();
    },
  ]);
  using client = await connect(gateway.port);
  const path = `/ws/${++serial}`;
  await openTunnel(client, "websocket", path);
  await client.waitForClosed();
  expect(arrivalsAt(path)).toHaveLength(1);
});

test("a slow handshake is not hedged: two tunnels would be two clients", async () => {
  order([
    async (request, connection) => {
      await Bun.sleep(60);
      await switches("websocket", "welcome")(request, connection);
    },
  ]);
  using client = await connect(gateway.port);
  const path = `/hedged/${++serial}`;
  await openTunnel(client, "websocket", path);
  await client.readUntil("welcome");
  expect(arrivalsAt(path)).toHaveLength(1);
});
