import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { brotliDecompressSync, constants, gunzipSync, zstdDecompressSync } from "node:zlib";
import { type InProcessGateway, startInProcess } from "../support/in-process.ts";
import { connect, exchange, type RawClient } from "../support/raw.ts";
import { chunkedResponse, replies, response } from "../support/scripts.ts";
import { until } from "../support/until.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";
import { describeEveryWay, listenEveryWay, portOf } from "../support/ways.ts";

const TEXT = "All that is sent is sent again, in fewer octets. ".repeat(2_000);
const TYPE = [["Content-Type", "text/plain"]] as const;
const HEAD = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;

const cleanup = new AsyncDisposableStack();
let upstream: Upstream;
let gateway: InProcessGateway;

beforeAll(async () => {
  upstream = cleanup.use(startUpstream(replies()));
  gateway = cleanup.use(
    await startInProcess(`
${listenEveryWay()}
plugins: { access-log: {}, compression: {} }
services: { all: { targets: ["${upstream.url}"] } }
routes:
  - { path: /*, service: all }
  - { path: /few/*, service: all, plugins: { compression: { max-streams: 1 } } }
`),
  );
});
afterAll(() => cleanup.disposeAsync());
beforeEach(() => upstream.answer(replies(response(TEXT, { headers: TYPE }))));

const get = (path = "/", more = "") => `GET ${path} HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n${more}\r\n`;
const DECODE = { gzip: gunzipSync, br: brotliDecompressSync, zstd: zstdDecompressSync } as const;

describeEveryWay("a reply", (way) => {
  const send = (text: string) => way.exchange(portOf(way, gateway), text);

  test.each(["gzip", "br", "zstd"] as const)("is compressed with %s, in one piece or in many", async (encoding) => {
    const pieces = TEXT.match(/.{1,7000}/gs) ?? [];
    for (const sent of [response(TEXT, { headers: TYPE }), chunkedResponse(pieces, { headers: TYPE })]) {
      upstream.answer(replies(sent));
      const got = await send(`GET / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: ${encoding}\r\n\r\n`);
      expect([got.header("content-encoding"), got.header("vary")]).toEqual([encoding, "accept-encoding"]);
      expect(DECODE[encoding](got.body).toString()).toBe(TEXT);
      expect(got.body.byteLength).toBeLessThan(TEXT.length / 10);
    }
  });

  test("to HEAD has the same fields, and no length", async () => {
    const head = `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${TEXT.length}\r\n\r\n`;
    upstream.answer(replies(head));
    const port = portOf(way, gateway);
    const got = await way.exchange(port, "HEAD / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n");
    expect([got.status, got.header("content-encoding"), got.header("content-length")]).toEqual([
      200,
      "gzip",
      undefined,
    ]);
  });
});

/** Reads a chunked body until it ends, and tells what is known after each chunk. */
async function readChunks(client: RawClient, see: (content: Buffer) => void): Promise<void> {
  let content = Buffer.alloc(0);
  for (let size = -1; size !== 0; ) {
    size = Number.parseInt(await client.readUntil("\r\n"), 16);
    const isWhole = (all: Buffer, from: number) => (all.byteLength >= from + size + 2 ? from + size + 2 : -1);
    const chunk = await client.inbox.take(isWhole, 5_000, "a chunk came");
    content = Buffer.concat([content, chunk.subarray(0, size)]);
    see(content);
  }
}

/** Resolves when the count has begun, and then not changed for a while. */
async function standsStill(count: () => number): Promise<void> {
  await until(
    async () => {
      const before = count();
      await Bun.sleep(200);
      return before > 0 && count() === before;
    },
    { timeout: 20_000 },
  );
}

describe("a stream", () => {
  test("leaves as it comes: each event reaches the client before the next is sent", async () => {
    const next = Promise.withResolvers<void>();
    upstream.answer(async (_, connection) => {
      await connection.send(HEAD + chunk("data: first\n\n"));
      await next.promise;
      await connection.send(`${chunk("data: second\n\n")}0\r\n\r\n`);
    });
    using client = await connect(gateway.port);
    void client.send(get());
    await client.readUntil("\r\n\r\n");
    let text = "";
    // What can be read of it so far.
    const reading = readChunks(client, (content) => {
      text = gunzipSync(content, { finishFlush: constants.Z_SYNC_FLUSH }).toString();
    });
    await until(() => text === "data: first\n\n");
    next.resolve();
    await reading;
    expect(text).toBe("data: first\n\ndata: second\n\n");
  });

  test("has its trailers behind it", async () => {
    const sent = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n";
    upstream.answer(replies(`${sent}${chunk("x".repeat(5_000))}0\r\nX-Sum: 7\r\n\r\n`));
    using client = await connect(gateway.port);
    void client.send(get("/", "TE: trailers\r\n"));
    await client.readUntil("\r\n\r\n");
    expect(await client.readUntil("\r\n\r\n")).toMatch(/\r\n0\r\nx-sum: 7\r\n\r\n$/i);
  });

  test("has no trailers about the content as it was", async () => {
    const sums = 'Content-MD5: x\r\nDigest: md5=x\r\nContent-Digest: md5=:x:\r\nRepr-Digest: md5=:x:\r\nETag: "x"\r\n';
    const sent = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n";
    upstream.answer(replies(`${sent}${chunk("x".repeat(5_000))}0\r\n${sums}X-Sum: 7\r\n\r\n`));
    using client = await connect(gateway.port);
    void client.send(get("/", "TE: trailers\r\n"));
    await client.readUntil("\r\n\r\n");
    expect(await client.readUntil("\r\n\r\n")).toMatch(/\r\n0\r\netag: W\/"x"\r\nx-sum: 7\r\n\r\n$/i);
    // As it is, they are right.
    void client.send("GET / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\n\r\n");
    await client.readUntil("\r\n\r\n");
    expect(await client.readUntil("\r\n\r\n")).toMatch(/repr-digest: md5=:x:\r\netag: "x"/i);
  });

  test("for HTTP/1.0 ends with the connection", async () => {
    upstream.answer(replies(chunkedResponse([TEXT], { headers: TYPE })));
    using client = await connect(gateway.port);
    void client.send("GET / HTTP/1.0\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n");
    const head = await client.readUntil("\r\n\r\n");
    expect(head).toMatch(/content-encoding: gzip/i);
    expect(head).not.toMatch(/content-length|transfer-encoding/i);
    expect(gunzipSync(await client.readAll()).toString()).toBe(TEXT);
  });

  test("that breaks is broken for the client, too", async () => {
    upstream.answer(async (_, connection) => {
      await connection.send(HEAD + chunk(TEXT));
      connection.reset();
    });
    using client = await connect(gateway.port);
    void client.send(get());
    const all = (await client.readAll()).toString("latin1");
    expect(all).not.toEndWith("0\r\n\r\n");
  });

  test("that nobody reads is not read from the service, and what is held is bounded", async () => {
    const total = 300 * 1_048_576;
    let sent = 0;
    upstream.answer(async (_, connection) => {
      await connection.send(`HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${total}\r\n\r\n`);
      for (; sent < total && !connection.isClosed; sent += 65_536) {
        await connection.send(crypto.getRandomValues(new Uint8Array(65_536)));
      }
    });
    using client = await connect(gateway.port);
    client.pause();
    void client.send(get());
    await standsStill(() => sent);
    expect(sent).toBeLessThan(32 * 1_048_576);
    client.close();
    await until(() => upstream.open === 0);
  });

  test("for a client that stops for a while arrives whole", async () => {
    const content = crypto.getRandomValues(new Uint8Array(65_536));
    const times = 384;
    let sent = 0;
    upstream.answer(async (_, connection) => {
      await connection.send(
        `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${content.byteLength * times}\r\n\r\n`,
      );
      for (; sent < times; sent++) await connection.send(content);
    });
    using client = await connect(gateway.port);
    client.pause();
    void client.send(get("/", "Connection: close\r\n"));
    await standsStill(() => sent);
    expect(sent).toBeLessThan(times);
    client.resume();
    const got = await client.readResponse({ timeout: 20_000 });
    expect(Bun.SHA256.hash(gunzipSync(got.body))).toEqual(
      Bun.SHA256.hash(Buffer.concat(Array.from({ length: times }, () => content))),
    );
  }, 60_000);

  test("is given up with its client, and its place is free", async () => {
    upstream.answer(async (_, connection) => {
      await connection.send(HEAD);
      while (!connection.isClosed) {
        await connection.send(chunk("data: on and on\n\n"));
        await Bun.sleep(1);
      }
    });
    for (let turn = 0; turn < 3; turn++) {
      using client = await connect(gateway.port);
      void client.send(get("/few/"));
      // One at a time is compressed here: so the place of the last is free.
      expect(await client.readUntil("\r\n\r\n")).toMatch(/content-encoding: gzip/);
      await client.readUntil("\r\n");
      const second = await connect(gateway.port);
      void second.send(get("/few/"));
      expect(await second.readUntil("\r\n\r\n")).not.toMatch(/content-encoding/);
      second.close();
      client.close();
      await until(() => upstream.open === 0);
    }
  });
});

test("a reply whose content has come in one piece has a length", async () => {
  const short = TEXT.slice(0, 4_000);
  upstream.answer(replies(response(short, { headers: TYPE })));
  const got = await exchange(gateway.port, get("/", "Connection: close\r\n"));
  expect(got.header("content-encoding")).toBe("gzip");
  expect(got.header("content-length")).toBe(String(got.body.byteLength));
});
