import { describe, expect, test } from "bun:test";
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from "node:zlib";
import compression from "../../../plugins/compression/index.ts";
import { Body, HeaderList, Reply } from "../../../src/plugin.ts";
import { type TestRequest, testPlugin } from "../../../src/testing.ts";

const TEXT = JSON.stringify(Array.from({ length: 200 }, (_, id) => ({ id, name: `user ${id}` })));
const DECODE = { gzip: gunzipSync, br: brotliDecompressSync, zstd: zstdDecompressSync } as const;

interface Sent {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What a client that accepts gzip gets of what the service sends. */
async function reply(sent: Sent = {}, options = {}, request: TestRequest = {}): Promise<Reply> {
  const t = await testPlugin(compression, options);
  const { body = TEXT, status = 200, headers } = sent;
  const asked = { ...request, headers: { "accept-encoding": "gzip", ...request.headers } };
  const list = HeaderList.of(headers ?? { "content-type": "application/json" });
  return (await t.request(asked, () => new Reply(status, list, Body.of(body)))).reply;
}

const textOf = (answer: Reply) => new TextDecoder().decode(answer.body.inMemory);

describe("a reply that is compressed", () => {
  test.each(["gzip", "br", "zstd"] as const)("with %s is the same when it is unpacked", async (encoding) => {
    for (const content of [TEXT, TEXT.repeat(40)]) {
      const got = await reply({ body: content }, {}, { headers: { "accept-encoding": encoding } });
      expect(got.headers.get("content-encoding")).toBe(encoding);
      expect(got.headers.get("vary")).toBe("accept-encoding");
      expect(DECODE[encoding](got.body.inMemory ?? "").toString()).toBe(content);
    }
  });

  test("says nothing of the content as it was", async () => {
    const headers = {
      "content-type": "text/html; charset=utf-8",
      "content-length": String(TEXT.length),
      etag: '"v1"',
      "accept-ranges": "bytes",
      "content-md5": "x",
      digest: "x",
      "content-digest": "x",
      "repr-digest": "x",
      vary: "origin",
      "x-other": "stays",
    };
    const got = await reply({ headers });
    expect([...got.headers]).toEqual([
      ["content-type", "text/html; charset=utf-8"],
      ["etag", 'W/"v1"'],
      ["vary", "origin"],
      ["x-other", "stays"],
      ["vary", "accept-encoding"],
      ["content-encoding", "gzip"],
    ]);
  });

  test("keeps a weak validator, and a Vary that says so already", async () => {
    for (const vary of ["Accept-Encoding", "origin, accept-encoding", "*"]) {
      const got = await reply({ headers: { "content-type": "text/plain", etag: 'W/"v1"', vary } });
      expect([got.headers.get("etag"), got.headers.getAll("vary")]).toEqual(['W/"v1"', [vary]]);
    }
  });

  test("may be an error, of the service or of the gateway", async () => {
    expect((await reply({ status: 500 })).headers.get("content-encoding")).toBe("gzip");
  });

  test("to HEAD has the fields of GET, without a length and without content", async () => {
    for (const body of ["", TEXT]) {
      const headers = { "content-type": "text/plain", "content-length": "5000", etag: '"v1"' };
      const got = await reply({ headers, body }, {}, { method: "HEAD" });
      expect([...got.headers]).toEqual([
        ["content-type", "text/plain"],
        ["etag", 'W/"v1"'],
        ["vary", "accept-encoding"],
        ["content-encoding", "gzip"],
      ]);
      expect(got.body.length).toBe(0);
    }
  });
});

describe("a reply that goes as it is", () => {
  const type = { "content-type": "application/json" };

  test.each<[string, Sent]>([
    ["is short", { body: "x".repeat(1_023) }],
    ["is a picture", { headers: { "content-type": "image/png" } }],
    ["has no type", { headers: {} }],
    ["is encoded already", { headers: { ...type, "content-encoding": "br" } }],
    ["must not be transformed", { headers: { ...type, "cache-control": "max-age=60, No-Transform" } }],
    ["is a part", { status: 206, headers: { ...type, "content-range": "bytes 0-1/2" } }],
    ["says of a part", { status: 416, headers: { ...type, "content-range": "bytes */2" } }],
    ["has no content", { status: 204, body: "" }],
    ["is empty", { body: "" }],
  ])("because it %s does not depend on the client either", async (_, sent) => {
    const got = await reply(sent);
    expect(got.headers.has("vary")).toBe(false);
    expect(got.headers.get("content-encoding")).toBe(sent.headers?.["content-encoding"]);
    expect(textOf(got)).toBe(sent.body ?? TEXT);
  });

  test("to HEAD, too, if it is short", async () => {
    const headers = { ...type, "content-length": "1023" };
    const got = await reply({ headers, body: "" }, {}, { method: "HEAD" });
    expect([...got.headers]).toEqual(Object.entries(headers));
  });

  test.each(["", "deflate", "identity", "gzip;q=0"])(
    "for a client that accepts %p says that it depends",
    async (accepts) => {
      const got = await reply({ headers: { ...type, etag: '"v1"' } }, {}, { headers: { "accept-encoding": accepts } });
      expect([got.headers.get("vary"), got.headers.get("content-encoding")]).toEqual(["accept-encoding", undefined]);
      expect([got.headers.get("etag"), textOf(got)]).toEqual(['"v1"', TEXT]);
    },
  );

  test("because it does not shrink", async () => {
    const content = crypto.getRandomValues(new Uint8Array(2_000));
    const t = await testPlugin(compression);
    const { reply: got } = await t.request({ headers: { "accept-encoding": "gzip" } }, () => {
      return new Reply(200, HeaderList.of(type), Body.of(content));
    });
    expect(got.headers.get("content-encoding")).toBeUndefined();
    expect(got.body.inMemory).toEqual(content);
  });
});

describe("a 304 (RFC 9111 §4.3.4)", () => {
  const confirm = (ifNoneMatch: string, etag = '"v1"') =>
    reply(
      { status: 304, headers: { etag, "content-length": "9" }, body: "" },
      {},
      { headers: { "if-none-match": ifNoneMatch } },
    );

  test("has the weak validator that the client has got with the compressed form", async () => {
    const got = await confirm('"v0", W/"v1"');
    expect([...got.headers]).toEqual([
      ["etag", 'W/"v1"'],
      ["vary", "accept-encoding"],
    ]);
  });

  test.each([['"v1"'], ['W/"v2"'], ["*"]])("stays as it is for %p", async (ifNoneMatch) => {
    expect((await confirm(ifNoneMatch)).headers.get("etag")).toBe('"v1"');
  });
});

describe("options", () => {
  test("min-bytes, encodings, types and levels are heeded", async () => {
    const short = { headers: { "content-type": "image/bmp" }, body: "x".repeat(100) };
    const options = { "min-bytes": "50b", encodings: ["br"], types: ["image/*"], level: { br: 0 } };
    const got = await reply(short, options, { headers: { "accept-encoding": "gzip, br" } });
    expect(got.headers.get("content-encoding")).toBe("br");
    expect((await reply({}, options)).headers.get("content-encoding")).toBeUndefined();
    const [quick, small] = await Promise.all([1, 9].map((gzip) => reply({}, { level: { gzip } })));
    expect(quick?.body.length ?? 0).toBeGreaterThan(small?.body.length ?? 0);
  });

  test.each([
    [{ encodings: ["deflate"] }],
    [{ encodings: [] }],
    [{ encodings: ["br", "br"] }],
    [{ types: ["*"] }],
    [{ types: ["*/*"] }],
    [{ types: ["Text/HTML"] }],
    [{ level: { gzip: 10 } }],
    [{ level: { deflate: 1 } }],
    [{ "max-streams": -1 }],
    [{ "min-bytes": "much" }],
  ])("%j is refused", async (options) => {
    await expect(testPlugin(compression, options)).rejects.toThrow();
  });
});

test("counts what it has saved", async () => {
  const t = await testPlugin(compression);
  const headers = { "accept-encoding": "gzip" };
  const { reply: got } = await t.request({ headers }, () => Reply.json(200, TEXT));
  expect(t.metrics.value("replies_total", { encoding: "gzip" })).toBe(1);
  expect(t.metrics.value("original_bytes_total", { encoding: "gzip" })).toBe(JSON.stringify(TEXT).length);
  expect(t.metrics.value("compressed_bytes_total", { encoding: "gzip" })).toBe(got.body.length ?? 0);
});
