import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { type GatewayProcess, startGateway } from "../support/gateway.ts";
import type { RawRequest } from "../support/messages.ts";
import { problemOf } from "../support/problem.ts";
import { connect, exchange } from "../support/raw.ts";
import { hangs, replies, response } from "../support/scripts.ts";
import { until } from "../support/until.ts";
import { type Script, startUpstream, type Upstream, type UpstreamConnection } from "../support/upstream.ts";

const cleanup = new AsyncDisposableStack();
let gateway: GatewayProcess;
let upstream: Upstream;
let serial = 0;

beforeAll(async () => {
  upstream = cleanup.use(startUpstream(hangs()));
  gateway = cleanup.use(
    await startGateway(`
services: { main: { targets: ["${upstream.url}"], timeouts: { response: 2s } } }
routes: [{ path: /*, service: main }]
`),
  );
});

afterAll(() => cleanup.disposeAsync());

afterEach(async () => {
  for (const connection of upstream.connections) if (!connection.isClosed) connection.close();
  await upstream.waitForClosed();
});

type Death = (connection: UpstreamConnection) => void | Promise<void>;

/** As an upstream whose keep-alive timeout ends in the very moment: each connection serves once, and then dies. */
function servesOnce(death: Death): Script {
  return async (request, connection) => {
    if (connection.requests.length > 1) return await death(connection);
    await connection.send(response(`served ${request.method} ${request.target}`));
  };
}

function message(method: string, path: string, more = "", body = ""): string {
  return `${method} ${path} HTTP/1.1\r\nHost: a.test\r\n${more}\r\n${body}`;
}

/** Leaves that many idle connections in the gateway's pool. */
async function warmUp(connections = 1): Promise<void> {
  const held: (() => void)[] = [];
  upstream.answer(async (_, connection) => {
    await new Promise<void>((resolve) => held.push(resolve));
    await connection.send(response("warm"));
  });
  const before = upstream.requests.length;
  const exchanges = Array.from({ length: connections }, () => exchange(gateway.port, message("GET", "/warm-up")));
  await upstream.waitForRequests(before + connections);
  for (const release of held) release();
  await Promise.all(exchanges);
}

function arrivals(path: string): readonly RawRequest[] {
  return upstream.requests.filter(({ target }) => target === path);
}

const closes: Death = (connection) => connection.close();
const resets: Death = (connection) => connection.reset();

describe("a reused connection that the upstream has just closed", () => {
  const idempotent: readonly (readonly [what: string, method: string, more: string, body: string])[] = [
    ["GET", "GET", "", ""],
    ["HEAD", "HEAD", "", ""],
    ["OPTIONS", "OPTIONS", "", ""],
    ["DELETE", "DELETE", "", ""],
    ["PUT with its body in memory", "PUT", "Content-Length: 4\r\n", "body"],
    ["POST with an idempotency key", "POST", "Content-Length: 4\r\nIdempotency-Key: 1\r\n", "body"],
  ];

  for (const [how, death] of [["FIN", closes] as const, ["RST", resets] as const]) {
    test.each(idempotent)(`by ${how}: %s is sent once more, on a new connection`, async (_, method, more, body) => {
      await warmUp();
      upstream.answer(servesOnce(death));
      const path = `/${++serial}`;
      const answer = await exchange(gateway.port, message(method, path, more, body));
      expect(answer.status).toBe(200);
      if (method !== "HEAD") expect(answer.body.toString()).toBe(`served ${method} ${path}`);
      const [first, second, ...rest] = arrivals(path);
      expect(rest).toEqual([]);
      expect(second?.body.toString()).toBe(body);
      expect(second?.raw).toBe(first?.raw ?? "");
    });

    test.each([
      ["POST", ""],
      ["PATCH", ""],
      ["POST without a body", ""],
    ])(`by ${how}: a %s that may have been done is not sent again`, async (what) => {
      await warmUp();
      upstream.answer(servesOnce(death));
      const path = `/${++serial}`;
      const body = what.includes("without") ? "" : "body";
      const [method = ""] = what.split(" ");
      const answer = await exchange(gateway.port, message(method, path, `Content-Length: ${body.length}\r\n`, body));
      expect(problemOf(answer)).toBe("502 upstream_reset");
      expect(arrivals(path)).toHaveLength(1);
    });
  }

  test("with a body that streams: it is gone, so the request is not sent again", async () => {
    await warmUp();
    upstream.answer(servesOnce(closes));
    const path = `/${++serial}`;
    using client = await connect(gateway.port);
    void client.send(message("PUT", path, "Content-Length: 8\r\n", "half"));
    await until(() => upstream.connections.at(-1)?.inbox.rest.includes("half"));
    void client.send("half");
    expect(problemOf(await client.readResponse())).toBe("502 upstream_reset");
    expect(arrivals(path)).toHaveLength(1);
  });

  test("and so has the next: the second failure is the client's", async () => {
    await warmUp();
    upstream.answer((_, connection) => connection.close());
    const path = `/${++serial}`;
    expect(problemOf(await exchange(gateway.port, message("GET", path)))).toBe("502 upstream_reset");
    expect(arrivals(path)).toHaveLength(2);
  });

  test("after a part of its reply: that is a failure, and nothing is sent again", async () => {
    await warmUp();
    upstream.answer(
      servesOnce(async (connection) => {
        await connection.send("HTTP/1.1 200");
        connection.close();
      }),
    );
    const path = `/${++serial}`;
    expect(problemOf(await exchange(gateway.port, message("GET", path)))).toBe("502 upstream_invalid");
    expect(arrivals(path)).toHaveLength(1);
  });

  test("is no excuse for a connection that is new", async () => {
    upstream.answer((_, connection) => connection.close());
    const path = `/${++serial}`;
    expect(problemOf(await exchange(gateway.port, message("GET", path)))).toBe("502 upstream_reset");
    expect(arrivals(path)).toHaveLength(1);
  });

  test("may be one of many that all are: each request finds its way", async () => {
    await warmUp(8);
    upstream.answer(servesOnce(resets));
    const paths = Array.from({ length: 8 }, () => `/${++serial}`);
    const answers = await Promise.all(paths.map((path) => exchange(gateway.port, message("GET", path))));
    expect(answers.map(({ body }) => body.toString())).toEqual(paths.map((path) => `served GET ${path}`));
    await warmUp(8);
    upstream.answer(servesOnce(closes));
    for (const path of paths) {
      const { body } = await exchange(gateway.port, message("GET", path));
      expect(body.toString()).toBe(`served GET ${path}`);
    }
  });
});

describe("an idle connection", () => {
  test("that the upstream closes is forgotten: even a POST does not notice", async () => {
    await warmUp(3);
    for (const connection of upstream.connections) if (!connection.isClosed) connection.close();
    await upstream.waitForClosed();
    upstream.answer(replies(response("fresh")));
    const path = `/${++serial}`;
    const answer = await exchange(gateway.port, message("POST", path, "Content-Length: 4\r\n", "body"));
    expect(answer.body.toString()).toBe("fresh");
    expect(arrivals(path)).toHaveLength(1);
  });

  test("that brings a response nobody asked for is ended: nobody gets it", async () => {
    await warmUp();
    const idle = upstream.connections.at(-1);
    void idle?.send(response("poison"));
    await idle?.waitForClosed();
    upstream.answer(replies(response("mine")));
    expect((await exchange(gateway.port, message("GET", "/"))).body.toString()).toBe("mine");
    expect(upstream.connections.at(-1)).not.toBe(idle);
  });
});

describe("bytes behind a response are never another client's", () => {
  const poison = response("poison");
  const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nmine\r\n0\r\n\r\n";

  test.each([
    ["with a length", "GET", `${response("mine")}${poison}`, "mine"],
    ["of length 0", "GET", `${response("")}${poison}`, ""],
    ["in chunks", "GET", `${chunked}${poison}`, "mine"],
    ["204", "GET", `HTTP/1.1 204 No Content\r\n\r\n${poison}`, ""],
    ["304", "GET", `HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\n${poison}`, ""],
    ["to HEAD", "HEAD", `HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nmine${poison}`, ""],
    ["by a CRLF", "GET", `${response("mine")}\r\n`, "mine"],
  ])("%s", async (_, method, bytes, expected) => {
    upstream.answer(replies(bytes));
    const first = await exchange(gateway.port, message(method, "/"));
    expect(first.body.toString()).toBe(expected);
    await upstream.waitForClosed();
    upstream.answer(replies(response("next")));
    const next = await exchange(gateway.port, message("GET", "/"));
    expect(next.body.toString()).toBe("next");
  });

  test("in pieces cut anywhere", async () => {
    upstream.answer(async (_, connection) => {
      for (const octet of chunked) await connection.send(octet);
      await connection.send(poison);
    });
    expect((await exchange(gateway.port, message("GET", "/"))).body.toString()).toBe("mine");
    await upstream.waitForClosed();
  });

  test("nor is what an aborted reply leaves", async () => {
    upstream.answer(async (_, connection) => {
      await connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
    });
    const client = await connect(gateway.port);
    void client.send(message("GET", "/"));
    await client.readUntil("half");
    client.reset();
    await upstream.waitForClosed();
    upstream.answer(replies(response("next")));
    expect((await exchange(gateway.port, message("GET", "/"))).body.toString()).toBe("next");
  });
});
