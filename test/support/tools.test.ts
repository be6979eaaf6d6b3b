import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { parseRequest, parseResponse } from "./messages.ts";
import { freePort } from "./ports.ts";
import { openFiles, residentBytes } from "./process.ts";
import { connect, exchange } from "./raw.ts";
import {
  chunkedResponse,
  closes,
  closesAfter,
  drips,
  echoes,
  flood,
  hangs,
  noise,
  replies,
  resets,
  response,
} from "./scripts.ts";
import { tempFolder } from "./temp.ts";
import { makeCertificates } from "./tls.ts";
import { until } from "./until.ts";
import { startUpstream } from "./upstream.ts";

const GET = "GET /a?b HTTP/1.1\r\nHost: x\r\n\r\n";

describe("messages", () => {
  test("a request with a length, pipelined", () => {
    const parsed = parseRequest(Buffer.from("POST /x HTTP/1.1\r\nA: 1\r\na:2\r\nContent-Length: 3\r\n\r\nabcGET"));
    expect(parsed?.request).toMatchObject({ method: "POST", target: "/x", body: Buffer.from("abc") });
    expect(parsed?.request.all("a")).toEqual(["1", "2"]);
    expect(parsed?.request.raw).toEndWith("abc");
  });

  test("nothing until the message is complete", () => {
    const whole = chunkedResponse(["hello ", "world"]);
    for (let length = 0; length < whole.length; length++) {
      expect(parseResponse(Buffer.from(whole.slice(0, length)))).toBeUndefined();
    }
    expect(parseResponse(Buffer.from(whole))?.response.body.toString()).toBe("hello world");
  });

  test("trailers follow the last chunk", () => {
    const text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;x=y\r\na\r\n0\r\nT: 1\r\n\r\nrest";
    const parsed = parseResponse(Buffer.from(text));
    expect(parsed?.response).toMatchObject({ body: Buffer.from("a"), trailers: [["t", "1"]] });
    expect(parsed?.end).toBe(text.length - 4);
  });

  test("HEAD, 1xx, 204 and 304 end with their head; without a length a response ends with the connection", () => {
    const withLength = Buffer.from("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
    expect(parseResponse(withLength)).toBeUndefined();
    expect(parseResponse(withLength, { method: "HEAD" })?.end).toBe(withLength.byteLength);
    expect(parseResponse(Buffer.from("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1"))?.response.status).toBe(100);
    const open = Buffer.from("HTTP/1.1 200 OK\r\n\r\nall");
    expect(parseResponse(open)).toBeUndefined();
    expect(parseResponse(open, { isEnded: true })?.response.body.toString()).toBe("all");
  });
});

describe("client and upstream", () => {
  test("a request arrives as sent, and its answer too", async () => {
    using upstream = startUpstream(echoes());
    const sent = "POST / HTTP/1.1\r\nX: \xff\r\nContent-Length: 2\r\n\r\n\xfe\x00";
    const reply = await exchange(upstream.port, sent);
    expect(reply.status).toBe(200);
    expect(reply.body.toString("latin1")).toBe(sent);
    await upstream.waitForClosed();
    expect(upstream.connections.length).toBe(1);
  });

  test("requests of one connection are told one by one, in pieces or pipelined", async () => {
    using upstream = startUpstream((request, connection) => connection.send(response(request.target)));
    using client = await connect(upstream.port);
    void client.send("GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n");
    expect((await client.readResponse()).body.toString()).toBe("/1");
    void client.send("\r\n");
    expect((await client.readResponse()).body.toString()).toBe("/2");
    expect((await upstream.waitForRequests(2)).map((request) => request.target)).toEqual(["/1", "/2"]);
    expect(upstream.open).toBe(1);
  });

  test("readUntil takes up to a text, an expression or an end", async () => {
    using upstream = startUpstream(replies("one two;three 42!four."));
    using client = await connect(upstream.port);
    void client.send(GET);
    expect(await client.readUntil(";")).toBe("one two;");
    expect(await client.readUntil(/\d+/)).toBe("three 42");
    expect(await client.readUntil((text) => (text.endsWith(".") ? text.length : undefined))).toBe("!four.");
  });

  test("a wait ends at its deadline with what was received", async () => {
    using upstream = startUpstream(replies("half"));
    using client = await connect(upstream.port);
    void client.send(GET);
    await client.waitForBytes(4);
    await expect(client.readUntil("whole", { timeout: 20 })).rejects.toThrow(
      '20 ms passed before whole came; received so far: "half"',
    );
    await expect(client.waitForClosed({ timeout: 5 })).rejects.toThrow("gave up waiting until the connection closed");
    expect(await client.readUntil("half")).toBe("half");
  });

  test("a wait ends when the connection does", async () => {
    using upstream = startUpstream(closesAfter("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"));
    using client = await connect(upstream.port);
    await expect(client.exchange(GET)).rejects.toThrow("the connection ended");
    expect((await client.readAll()).toString()).toEndWith("abc");
  });

  test("close, reset and hang look different to the client", async () => {
    using upstream = startUpstream(closes());
    using closed = await connect(upstream.port);
    void closed.send(GET);
    await closed.waitForClosed();
    expect(closed.inbox.ending).toBe("end");

    upstream.answer(resets());
    using reset = await connect(upstream.port);
    void reset.send(GET);
    await reset.waitForClosed();
    expect(reset.inbox.ending).toBe("ECONNRESET");

    upstream.answer(hangs());
    using hung = await connect(upstream.port);
    void hung.send(GET);
    await upstream.waitForRequests(3);
    expect(hung.isClosed).toBe(false);
  });

  test("a client's reset reaches the upstream", async () => {
    using upstream = startUpstream(hangs());
    using client = await connect(upstream.port);
    void client.send(GET);
    await upstream.waitForRequests(1);
    client.reset();
    await upstream.waitForClosed();
    expect(upstream.connections[0]?.inbox.ending).toBe("ECONNRESET");
  });

  test("half-closed, a client still reads", async () => {
    using upstream = startUpstream(hangs(), { halfOpen: true });
    using client = await connect(upstream.port);
    await client.send(GET);
    client.halfClose();
    const [connection] = await upstream.waitForConnections(1);
    await until(() => connection?.isEnded);
    expect(connection?.isClosed).toBe(false);
    void connection?.send("late");
    expect(await client.readUntil("late")).toBe("late");
    connection?.close();
    await client.waitForClosed();
  });

  test("a paused client stalls the sender; resumed, it gets all", async () => {
    const size = 32 * 1_048_576;
    using upstream = startUpstream((_, connection) => flood(connection, size));
    using client = await connect(upstream.port);
    client.inbox.discard();
    client.pause();
    void client.send(GET);
    await upstream.waitForRequests(1);
    const [connection] = upstream.connections;
    let before = -1;
    await until(() => {
      const sent = connection?.sent ?? 0;
      const isStalled = sent > 0 && sent === before;
      before = sent;
      return isStalled;
    });
    expect(before).toBeLessThan(size / 2);
    expect(client.inbox.total).toBeLessThan(size / 2);
    client.resume();
    await client.waitForBytes(size);
    expect(client.inbox.total).toBe(size);
  });

  test("a drip comes octet by octet", async () => {
    using upstream = startUpstream(drips("abc", 1));
    using client = await connect(upstream.port);
    void client.send(GET);
    expect(await client.readUntil("abc")).toBe("abc");
  });

  test("at the head a script runs before the body is there", async () => {
    using upstream = startUpstream(replies("HTTP/1.1 100 Continue\r\n\r\n"), { atHead: true });
    using client = await connect(upstream.port);
    void client.send("POST /1 HTTP/1.1\r\nContent-Length: 4\r\n\r\n");
    expect((await client.readResponse()).status).toBe(100);
    void client.send("bodyGET /2 HTTP/1.1\r\n\r\n");
    expect((await client.readResponse()).status).toBe(100);
    expect(upstream.requests.map((request) => request.target)).toEqual(["/1", "/2"]);
  });

  test("a raw connection is left alone", async () => {
    using upstream = startUpstream(async (_, connection) => {
      connection.isRaw = true;
      await connection.send("go");
      await connection.send(`got ${await connection.readUntil("\r\n\r\n")}`);
    });
    using client = await connect(upstream.port);
    void client.send(GET);
    await client.readUntil("go");
    void client.send("no http\r\n\r\n");
    expect(await client.readUntil("\r\n\r\n")).toBe("got no http\r\n\r\n");
    expect(upstream.requests.length).toBe(1);
  });

  test("a script that throws closes the connection and fails the wait", async () => {
    using upstream = startUpstream(() => {
      throw new Error("the script failed");
    });
    using client = await connect(upstream.port);
    void client.send(GET);
    await client.waitForClosed();
    await expect(upstream.waitForRequests(1)).rejects.toThrow("the script failed");
  });

  test("on a Unix socket", async () => {
    using folder = tempFolder();
    using upstream = startUpstream(replies(), { unix: folder.file("up.sock") });
    expect(upstream.url).toBe(`unix:${folder.file("up.sock")}`);
    expect((await exchange(0, GET, { unix: folder.file("up.sock") })).body.toString()).toBe("ok");
  });

  test("a refused connection rejects", async () => {
    const upstream = startUpstream(hangs());
    upstream.stop();
    await expect(connect(upstream.port)).rejects.toThrow();
  });

  test("noise is the same for the same seed", () => {
    expect(noise(64, 7)).toEqual(noise(64, 7));
    expect(noise(64, 7)).not.toEqual(noise(64, 8));
  });
});

describe("certificates", () => {
  test("the server is trusted through its authority alone, by its names, and can ask for the client's", async () => {
    using folder = tempFolder();
    const { ca, server, client } = makeCertificates(folder.path);
    using upstream = startUpstream(replies(), {
      tls: { cert: server.cert, key: server.key, ca: ca.cert, requestCert: true, rejectUnauthorized: true },
    });
    const tls = { ca: ca.cert, cert: client.cert, key: client.key, serverName: "localhost" };
    expect((await exchange(upstream.port, GET, { tls })).status).toBe(200);
    await expect(exchange(upstream.port, GET, { tls: { serverName: "localhost" } })).rejects.toThrow();
    await expect(exchange(upstream.port, GET, { tls: { ...tls, serverName: "other.example" } })).rejects.toThrow();
    expect(upstream.requests.length).toBe(1);
  });
});

describe("small tools", () => {
  test("until answers what the condition does, waits, and gives up with its words", async () => {
    let asked = 0;
    expect(await until(() => (++asked > 3 ? asked : undefined))).toBe(4);
    expect(await until(() => 0)).toBe(0);
    await expect(until(() => false, { timeout: 5, what: "it rains" })).rejects.toThrow(
      "gave up waiting until it rains",
    );
    await expect(until(() => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
  });

  test("a temporary folder goes with its block", () => {
    let path: string;
    {
      using folder = tempFolder();
      path = folder.write("a/b.txt", "x");
      expect(existsSync(path)).toBe(true);
    }
    expect(existsSync(path)).toBe(false);
  });

  test("memory and files of a process", () => {
    expect(residentBytes(process.pid)).toBeGreaterThan(10_000_000);
    expect(openFiles(process.pid).length).toBeGreaterThan(2);
  });
});

test("free ports differ, can be listened on, and are none that the kernel gives away", () => {
  const ports = Array.from({ length: 20 }, freePort);
  expect(new Set(ports).size).toBe(20);
  for (const port of ports) {
    expect(port).toBeWithin(1_024, 32_768);
    using upstream = startUpstream(hangs(), { port });
    expect(upstream.port).toBe(port);
  }
});
