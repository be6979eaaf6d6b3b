import { describe, expect, test } from "bun:test";
import { startBlackHole } from "../support/black-hole.ts";
import { type InProcessGateway, startInProcess } from "../support/in-process.ts";
import { hangs, replies, response } from "../support/scripts.ts";
import { tempFolder } from "../support/temp.ts";
import { makeCertificates } from "../support/tls.ts";
import { startUpstream } from "../support/upstream.ts";

const QUICK = "interval: 20ms, failing-interval: 20ms, healthy: 1, unhealthy: 1";

/** A gateway whose service has these targets and checks. */
function start(urls: readonly string[], health: string, more = "", timeoutMs = 10_000): Promise<InProcessGateway> {
  return startInProcess(`
services:
  s:
    targets: ${JSON.stringify(urls)}
    health: { ${QUICK}, timeout: ${timeoutMs}ms, ${health} }
    ${more}
routes: [{ path: /*, service: s }]
`);
}

/** What the log says first of a target's health: the reason, or "healthy". */
async function verdictOn(gateway: InProcessGateway, url: string): Promise<unknown> {
  const { message, fields } = await gateway.waitForLog(
    (line) => line.message.startsWith("a target is") && line.fields.target === url,
  );
  return message === "a target is healthy" ? "healthy" : fields.error;
}

describe("a check over HTTP", () => {
  test("sends what is configured, and nothing of a client's", async () => {
    using upstream = startUpstream(replies());
    await using _gateway = await start(
      [upstream.url],
      "path: /health?deep=1, method: POST, headers: { Host: a.test, X-Check: yes }",
    );
    const [request] = await upstream.waitForRequests(1);
    expect(request?.raw.split("\r\n").filter((line) => !line.startsWith("via:"))).toEqual([
      "POST /health?deep=1 HTTP/1.1",
      "host: a.test",
      "user-agent: sluice-health-check",
      "x-check: yes",
      "content-length: 0",
      "",
      "",
    ]);
  });

  test.each([
    ["statuses: [2xx]", 204, "healthy"],
    ["statuses: [2xx]", 301, "status 301"],
    ["statuses: [200, 404]", 404, "healthy"],
    ["statuses: [200, 4xx]", 201, "status 201"],
    ["statuses: [5xx]", 503, "healthy"],
  ])("with %s takes %p for %s", async (health, status, expected) => {
    using upstream = startUpstream(replies(response("", { status })));
    await using gateway = await start([upstream.url], health);
    expect(await verdictOn(gateway, upstream.url)).toBe(expected);
  });

  test.each([
    ["up: true", "healthy"],
    ["up: false", "the body does not match"],
    [`${"x".repeat(70_000)}up: true`, "the body does not match"],
    [`up: true${"x".repeat(70_000)}`, "healthy"],
  ])("looks for the pattern in the first 64 kb of the body", async (body, expected) => {
    using upstream = startUpstream(replies(response(body)));
    await using gateway = await start([upstream.url], 'body: "up: (true|yes)"');
    expect(await verdictOn(gateway, upstream.url)).toBe(expected);
    await gateway.stop();
    await upstream.waitForClosed();
  });

  test.each([
    ["nobody answers", hangs(), "upstream_timeout"],
    ["what comes is no HTTP", replies("garbage\r\n\r\n"), "upstream_invalid"],
    ["the body stands still", replies("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab"), "upstream_timeout"],
  ])("fails where %s", async (_, script, expected) => {
    using upstream = startUpstream(script);
    const timeoutMs = expected === "upstream_timeout" ? 300 : 10_000;
    await using gateway = await start([upstream.url], "body: abc", "", timeoutMs);
    expect(await verdictOn(gateway, upstream.url)).toBe(expected);
  });

  test("fails where nobody listens, and says so", async () => {
    const upstream = startUpstream(replies());
    upstream.stop();
    await using gateway = await start([upstream.url], "path: /");
    expect(await verdictOn(gateway, upstream.url)).toBe("upstream_connect (ECONNREFUSED)");
  });

  test("opens a connection for each check, and leaves none open", async () => {
    using upstream = startUpstream(replies());
    await using gateway = await start([upstream.url], "path: /");
    await upstream.waitForConnections(3);
    await gateway.stop();
    await upstream.waitForClosed();
    expect(upstream.connections.every(({ requests }) => requests.length <= 1)).toBe(true);
  });

  test("goes to a Unix socket, too", async () => {
    using folder = tempFolder();
    using upstream = startUpstream(replies(), { unix: `${folder.path}/s.sock` });
    await using gateway = await start([upstream.url], "path: /health");
    expect(await verdictOn(gateway, upstream.url)).toBe("healthy");
  });
});

describe("a check over TCP", () => {
  test("passes where somebody accepts, and sends nothing", async () => {
    using upstream = startUpstream(hangs());
    await using gateway = await start([upstream.url], "type: tcp");
    expect(await verdictOn(gateway, upstream.url)).toBe("healthy");
    await upstream.waitForConnections(2);
    await gateway.stop();
    await upstream.waitForClosed();
    expect(upstream.requests).toHaveLength(0);
  });

  test("fails where nobody listens", async () => {
    const upstream = startUpstream(hangs());
    upstream.stop();
    await using gateway = await start([upstream.url], "type: tcp");
    expect(await verdictOn(gateway, upstream.url)).toBe("upstream_connect (ECONNREFUSED)");
  });

  test("fails in time where a connection is never accepted", async () => {
    using hole = await startBlackHole();
    await using gateway = await start([`http://127.0.0.1:${hole.port}`], "type: tcp", "", 300);
    expect(await verdictOn(gateway, `http://127.0.0.1:${hole.port}`)).toBe("upstream_timeout");
  });
});

describe("a check over TLS", () => {
  test.each(["type: tcp", "path: /health"])(
    "(%s) passes with the right authority, fails with another",
    async (check) => {
      using folder = tempFolder();
      const { ca, server } = makeCertificates(folder.path);
      using upstream = startUpstream(replies(), { tls: { cert: server.cert, key: server.key } });
      await using trusting = await start([upstream.url], check, `tls: { ca: ${ca.certFile} }`);
      expect(await verdictOn(trusting, upstream.url)).toBe("healthy");
      await using doubting = await start([upstream.url], check);
      expect(await verdictOn(doubting, upstream.url)).toMatch(/^upstream_connect \(\w+_\w+\)$/);
    },
  );

  test("fails where the other side speaks no TLS", async () => {
    using upstream = startUpstream((_, connection) => connection.close(), {
      onOpen: (connection) => void connection.send("HTTP/1.1 400 Bad Request\r\n\r\n"),
    });
    const url = upstream.url.replace("http:", "https:");
    await using gateway = await start([url], "type: tcp");
    expect(await verdictOn(gateway, url)).toMatch(/^upstream_(connect|reset)/);
  });
});
