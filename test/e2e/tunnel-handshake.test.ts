import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { type InProcessGateway, startInProcess } from "../support/in-process.ts";
import { problemOf } from "../support/problem.ts";
import { connect } from "../support/raw.ts";
import { closesAfter, replies, response } from "../support/scripts.ts";
import { type Script, startUpstream, type Upstream } from "../support/upstream.ts";
import { openTunnel, switches, switching, upgradeRequest } from "../support/websocket.ts";

let upstream: Upstream;
let gateway: InProcessGateway;

beforeAll(async () => {
  upstream = startUpstream(replies());
  gateway = await startInProcess(`
plugins: { access-log: {} }
services: { all: { targets: ["${upstream.url}"] } }
routes:
  - path: /ws
    service: all
    upgrade: [WebSocket, my-protocol/2]
    plugins: { headers: { response: { set: { x-gateway: here } } } }
  - { path: /refused, service: all, upgrade: [websocket], plugins: { respond: { status: 403 } } }
  - { path: /plain, service: all }
`);
});
beforeEach(() => upstream.answer(replies()));
afterAll(async () => {
  await gateway.stop();
  upstream.stop();
});

/** What the upstream got, head alone. */
function received(): string {
  return upstream.requests.at(-1)?.raw.toLowerCase() ?? "";
}

describe("an upgrade that the route allows", () => {
  test("is offered to the target as the client offers it, and its 101 passes as it is", async () => {
    upstream.answer(switches("WebSocket"));
    using client = await connect(gateway.port);
    const head = await openTunnel(client, "WebSocket");
    expect(received()).toContain("connection: upgrade\r\nupgrade: websocket\r\n");
    expect(received()).toContain("sec-websocket-key: dghlihnhbxbszsbub25jzq==\r\n");
    expect(head).toStartWith("HTTP/1.1 101 Switching Protocols\r\n");
    expect(head).toContain("connection: Upgrade\r\nupgrade: WebSocket\r\n");
    expect(head).toContain("sec-websocket-accept: x\r\n");
    expect(head).not.toMatch(/content-length|transfer-encoding/);
    // The response phase has had its say.
    expect(head).toContain("x-gateway: here\r\n");
  });

  test.each(["my-protocol/2", "MY-Protocol/2, h2c, websocket"])("can be of any protocol: %s", async (protocol) => {
    upstream.answer(switches("my-protocol/2"));
    using client = await connect(gateway.port);
    void client.send(upgradeRequest(protocol, { method: "REPORT" }));
    expect(await client.readUntil("\r\n\r\n")).toStartWith("HTTP/1.1 101 ");
    // Only what the route allows, and for WebSocket only with GET.
    expect(received()).toMatch(/upgrade: my-protocol\/2\r\n/);
  });

  test("carries what was sent together with either head", async () => {
    upstream.answer(async (request, connection) => {
      await switches("websocket", "from the start")(request, connection);
      await connection.send(` and ${await connection.readUntil("early")}`);
    });
    using client = await connect(gateway.port);
    void client.send(`${upgradeRequest()}so early`);
    await client.readUntil("\r\n\r\n");
    expect(await client.readUntil("early")).toBe("from the start and so early");
  });

  test("that the target refuses is an ordinary reply, and the connection goes on", async () => {
    upstream.answer(replies(response("who are you", { status: 401, headers: [["WWW-Authenticate", "Basic"]] })));
    using client = await connect(gateway.port);
    const refused = await client.exchange(upgradeRequest());
    expect([refused.status, refused.body.toString(), refused.header("www-authenticate")]).toEqual([
      401,
      "who are you",
      "Basic",
    ]);
    upstream.answer(replies());
    expect((await client.exchange("GET /plain HTTP/1.1\r\nHost: a\r\n\r\n")).status).toBe(200);
    expect(gateway.edges[0]?.tunnels).toBe(0);
  });

  test("that the target asks for with 426 is named to the client, which closes nothing", async () => {
    const headers = [
      ["Connection", "Upgrade"],
      ["Upgrade", "websocket"],
    ] as const;
    upstream.answer(replies(response("", { status: 426, headers })));
    using client = await connect(gateway.port);
    const asked = await client.exchange("GET /ws HTTP/1.1\r\nHost: a\r\n\r\n");
    expect([asked.status, asked.header("upgrade"), asked.header("connection")]).toEqual([426, "websocket", "upgrade"]);
    // Only with that status: anywhere else it is about the target's connection.
    upstream.answer(replies(response("", { headers })));
    const other = await client.exchange("GET /ws HTTP/1.1\r\nHost: a\r\n\r\n");
    expect([other.status, other.header("upgrade"), other.header("connection")]).toEqual([200, undefined, undefined]);
  });

  test("that a plugin refuses is not seen by the target", async () => {
    const before = upstream.requests.length;
    using client = await connect(gateway.port);
    expect((await client.exchange(upgradeRequest("websocket", { path: "/refused" }))).status).toBe(403);
    expect(upstream.requests).toHaveLength(before);
    expect(gateway.edges[0]?.tunnels).toBe(0);
  });

  test.each<[string, string | Script]>([
    ["to another protocol", switching("my-protocol")],
    ["to two", switching("websocket, my-protocol/2")],
    ["to none", "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n\r\n"],
    ["without Connection", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"],
    ["in HTTP/1.0", switching().replace("HTTP/1.1", "HTTP/1.0")],
  ])("and a 101 %s is 502", async (_, answer) => {
    upstream.answer(typeof answer === "string" ? replies(answer) : answer);
    using client = await connect(gateway.port);
    const reply = await client.exchange(upgradeRequest("websocket, my-protocol/2"));
    expect(problemOf(reply)).toBe("502 upstream_invalid");
    await upstream.waitForClosed();
    expect(gateway.edges[0]?.tunnels).toBe(0);
  });
});

describe("an upgrade is ignored", () => {
  test.each([
    ["on a route that allows none", upgradeRequest("websocket", { path: "/plain" })],
    ["of a protocol that is not allowed", upgradeRequest("my-protocol")],
    ["over HTTP/1.0", upgradeRequest("websocket", { version: "1.0" })],
    ["to WebSocket with another method", upgradeRequest("websocket", { method: "POST" })],
    ["with a body", upgradeRequest().replace("\r\n\r\n", "\r\nContent-Length: 2\r\n\r\nhi")],
    ["with chunks", upgradeRequest().replace("\r\n\r\n", "\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n")],
    ["that Connection does not name", upgradeRequest().replace("Connection: Upgrade", "Connection: keep-alive")],
  ])("%s: the target gets a plain request, and may not switch", async (_, request) => {
    using plain = await connect(gateway.port);
    const reply = await plain.exchange(request);
    expect([reply.status, reply.body.toString()]).toEqual([200, "ok"]);
    expect(received()).not.toMatch(/\r\n(?:upgrade|connection):/);

    upstream.answer(closesAfter(switching()));
    using client = await connect(gateway.port);
    const refused = await client.exchange(request);
    expect(problemOf(refused)).toBe("502 upstream_invalid");
    expect(gateway.edges[0]?.tunnels).toBe(0);
  });
});
