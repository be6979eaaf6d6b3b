import { describe, expect, test } from "bun:test";
import { stripUntrusted } from "../../src/edge/forwarded.ts";
import { HeadBuffer } from "../../src/http1/head-buffer.ts";
import { isHopByHop } from "../../src/http1/hop.ts";
import { ProtocolError } from "../../src/http1/protocol-error.ts";
import { type HeadLimits, parseRequestHead, type RequestHead } from "../../src/http1/request-head.ts";
import { parseResponseHead, type ResponseHead } from "../../src/http1/response-head.ts";
import { scanRequestHead } from "../../src/http1/scan-request.ts";
import { scanResponseHead } from "../../src/http1/scan-response.ts";
import { HeaderList } from "../../src/message/headers.ts";
import { request, response } from "../fuzz/messages.ts";
import { mutate } from "../fuzz/mutate.ts";
import { Random } from "../fuzz/random.ts";

const limits: HeadLimits = { headerBytes: 16_384, headerCount: 20, targetBytes: 200 };
const BEFORE = "before ";

function attempt<T>(read: () => T): T | ProtocolError {
  try {
    return read();
  } catch (error) {
    if (error instanceof ProtocolError) return error;
    throw error;
  }
}

/** The bytes with something before and behind them, which is not to be looked at. */
function scanRequest(head: string): RequestHead | undefined {
  const bytes = Buffer.from(`${BEFORE}${head}X-Next: 1\r\n\r\n`, "latin1");
  return scanRequestHead(bytes, BEFORE.length, BEFORE.length + head.length, limits);
}

function scanResponse(head: string): ResponseHead | undefined {
  const bytes = Buffer.from(`${BEFORE}${head}X-Next: 1\r\n\r\n`, "latin1");
  return scanResponseHead(bytes, BEFORE.length, BEFORE.length + head.length, limits.headerCount);
}

/** All that a head means; what it says of the host is in `host`. */
function meaning({ headers, framing, ...rest }: RequestHead | ResponseHead) {
  const { contentLength, isChunked, hasClose, hasKeepAlive, hasUpgrade, expect } = framing;
  return { ...rest, contentLength, isChunked, hasClose, hasKeepAlive, hasUpgrade, expect, fields: [...headers.flat] };
}

/** What the fields that go on are on the wire, as the parser has them. */
function passedOn(headers: HeaderList): string {
  let text = "";
  for (const [name, value] of headers) if (name !== "host" && !isHopByHop(name)) text += `${name}: ${value}\r\n`;
  return text;
}

function copied({ headers }: RequestHead | ResponseHead): string | undefined {
  const out = new HeadBuffer();
  headers.wire?.copyTo(out);
  return headers.wire === undefined ? undefined : out.copy().toString("latin1");
}

const ORDINARY = [
  "User-Agent: x",
  "accept: */*",
  "Authorization: Bearer abc",
  "X-Request-Id: 1",
  "X-Forwarded-For: 1.2.3.4",
  "Forwarded: for=a",
  "Connection: keep-alive",
  "Connection: Close",
  "Keep-Alive: timeout=5",
  "Content-Length: 12",
  "Transfer-Encoding: chunked",
  "Date: now",
  "Via: 1.1 a",
  "TE: trailers",
  "HTTP2-Settings: AAMAAABk",
  "X_Forwarded_For: 1.2.3.4",
  "X_Other: 1",
  "Cookie: \xe9=1",
];

/** Fields that the parser has to see, since they are taken off every request. */
const DISGUISED = ["Proxy", "Content_Length", "Transfer_Encoding", "KEEP_ALIVE", "HTTP2_Settings"];
DISGUISED.push("Proxy_Connection", "Proxy_Authenticate", "proxy_authorization");

/** The head of a message alone, with the empty line. */
const headOf = (message: string) => message.slice(0, message.indexOf("\r\n\r\n") + 4);

function ordinaryHead(random: Random, start: string): string {
  const lines = random.list(random.below(7), () => random.pick(ORDINARY));
  return `${[start, ...lines].join("\r\n")}\r\n\r\n`;
}

describe("scanRequestHead", () => {
  test("means what the parser means by every head that it takes", () => {
    const random = new Random(7);
    let taken = 0;
    for (let i = 0; i < 30_000; i++) {
      const valid = random.once(2)
        ? ordinaryHead(random, `${random.pick(["GET", "POST"])} /a/b?c=d HTTP/1.1\r\nHost: A:80`)
        : headOf(request(random));
      const head = random.once(2) ? valid : headOf(mutate(random, valid));
      const scanned = head === "" ? undefined : attempt(() => scanRequest(head));
      if (scanned === undefined) continue;
      if (scanned instanceof ProtocolError) {
        expect(
          attempt(() => parseRequestHead(head, limits)),
          head,
        ).toEqual(scanned);
        continue;
      }
      taken++;
      const wire = copied(scanned);
      const parsed = parseRequestHead(head, limits);
      // Of the one that nobody has had taken apart.
      expect(scanned.headers.getAll("authorization"), head).toEqual(parsed.headers.getAll("authorization"));
      expect(scanned.headers.get("authorization"), head).toBe(parsed.headers.get("authorization"));
      expect(meaning(scanned), head).toEqual(meaning(parsed));
      expect(wire, head).toBe(passedOn(parsed.headers));
    }
    expect(taken).toBeGreaterThan(5_000);
  });

  test("finds Authorization without taking the lines apart, once, twice and after a change", () => {
    const once = scanRequest("GET / HTTP/1.1\r\nHost: a\r\nAUTHORIZATION: Bearer \xe9\r\nX-A: 1\r\n\r\n")?.headers;
    expect(once?.getAll("authorization")).toEqual(["Bearer \xe9"]);
    once?.delete("authorization");
    expect(once?.getAll("authorization")).toEqual([]);
    const twice = scanRequest("GET / HTTP/1.1\r\nHost: a\r\nAuthorization: a\r\nAuthorization: b\r\n\r\n")?.headers;
    expect(twice?.getAll("authorization")).toEqual(["a", "b"]);
    expect(twice?.get("authorization")).toBe("a, b");
    const none = scanRequest("GET / HTTP/1.1\r\nHost: a\r\nX-Authorization: a\r\n\r\n")?.headers;
    expect([none?.get("authorization"), none?.getAll("authorization")]).toEqual([undefined, []]);
  });

  test("takes an ordinary head as it came, in whatever case its names are", () => {
    const head = scanRequest(
      "GET /a?b HTTP/1.1\r\nACCEPT: */*\r\nHost: a\r\nX-B: 1\r\nConnection: keep-alive\r\nX-C: 2\r\n\r\n",
    );
    expect(head && copied(head)).toBe("accept: */*\r\nx-b: 1\r\nx-c: 2\r\n");
    expect(head).toMatchObject({ method: "GET", path: "/a", query: "b", host: "a", minorVersion: 1 });
  });

  test.each([
    ["a rare method", "PROPFIND / HTTP/1.1\r\nHost: a\r\n\r\n"],
    ["HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\n\r\n"],
    ["no Host", "GET / HTTP/1.1\r\nX-A: 1\r\n\r\n"],
    ["two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"],
    ["a dot segment", "GET /a/../b HTTP/1.1\r\nHost: a\r\n\r\n"],
    ["a hidden path", "GET /.well-known HTTP/1.1\r\nHost: a\r\n\r\n"],
    ["an escape", "GET /%2e%2e/b HTTP/1.1\r\nHost: a\r\n\r\n"],
    ["an absolute target", "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n"],
    ["a target that is too long", `GET /${"a".repeat(200)} HTTP/1.1\r\nHost: a\r\n\r\n`],
    ["too many fields", `GET / HTTP/1.1\r\nHost: a\r\n${"a: b\r\n".repeat(20)}\r\n`],
    ["no blank behind a colon", "GET / HTTP/1.1\r\nHost:a\r\n\r\n"],
    ["two blanks behind a colon", "GET / HTTP/1.1\r\nHost:  a\r\n\r\n"],
    ["a blank behind a value", "GET / HTTP/1.1\r\nHost: a\r\nX-A: b \r\n\r\n"],
    ["an empty value", "GET / HTTP/1.1\r\nHost: a\r\nX-A: \r\n\r\n"],
    ["Via", "GET / HTTP/1.1\r\nHost: a\r\nVia: 1.1 b\r\n\r\n"],
    ["Upgrade", "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"],
    ["Expect", "GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n"],
    ["a field that Connection names", "GET / HTTP/1.1\r\nHost: a\r\nConnection: x-a\r\nX-A: 1\r\n\r\n"],
    ["two lengths", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n"],
    ["a length with a sign", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n"],
    ["a length and chunks", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"],
    ["another coding", "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n"],
    ["a folded line", "GET / HTTP/1.1\r\nHost: a\r\nX-A: b\r\n c\r\n\r\n"],
    ["a bare LF", "GET / HTTP/1.1\r\nHost: a\r\nX-A: b\nX-C: d\r\n\r\n"],
    ...DISGUISED.map((name) => [name, `GET / HTTP/1.1\r\nHost: a\r\n${name}: 1\r\n\r\n`] as const),
    ["a bare CR", "GET / HTTP/1.1\r\nHost: a\r\nX-A: b\rc\r\n\r\n"],
  ])("leaves %s to the parser", (_what, head) => {
    expect(scanRequest(head)).toBeUndefined();
  });

  test("sees every field that only a trusted proxy may send", () => {
    const names = [
      "forwarded",
      "x-forwarded-for",
      "x-forwarded-anything",
      "x-original-url",
      "x-real-ip",
      "x-rewrite-url",
    ];
    names.push(
      "true-client-ip",
      "x-client-ip",
      "x-cluster-client-ip",
      "x-forwarded",
      "x-http-method",
      "x-method-override",
    );
    names.push("x-http-method-override", "x-original-host");
    for (const name of names.flatMap((known) => [known, known.replaceAll("-", "_"), known.toUpperCase()])) {
      const isClaim = new HeaderList([name.toLowerCase(), "1"]);
      stripUntrusted(isClaim);
      expect(isClaim.size, name).toBe(0);
      const head = scanRequest(`GET / HTTP/1.1\r\nHost: a\r\n${name}: 1\r\n\r\n`);
      expect(head?.headers.wire?.mayHaveProxyFields, name).toBe(true);
    }
  });

  test.each(["x-request-id", "traceparent", "x-correlation-id", "x-requested-with", "from", "x-csrf-token"])(
    "takes %s for no such field",
    (name) => {
      const head = scanRequest(`GET / HTTP/1.1\r\nHost: a\r\n${name}: 1\r\n\r\n`);
      expect(head?.headers.wire?.mayHaveProxyFields).toBe(false);
    },
  );
});

describe("scanResponseHead", () => {
  test("means what the parser means by every head that it takes", () => {
    const random = new Random(8);
    let taken = 0;
    for (let i = 0; i < 30_000; i++) {
      const valid = random.once(2)
        ? ordinaryHead(random, random.pick(["HTTP/1.1 200 OK", "HTTP/1.1 404 Not Found", "HTTP/1.1 204 No Content"]))
        : headOf(response(random));
      const head = random.once(2) ? valid : headOf(mutate(random, valid));
      const scanned = head === "" ? undefined : scanResponse(head);
      if (scanned === undefined) continue;
      taken++;
      const wire = copied(scanned);
      const parsed = parseResponseHead(head, limits.headerCount);
      expect(meaning(scanned), head).toEqual(meaning(parsed));
      expect(wire, head).toBe(passedOn(parsed.headers));
      expect(scanned.headers.wire?.hasDate ?? false, head).toBe(parsed.headers.has("date"));
    }
    expect(taken).toBeGreaterThan(5_000);
  });

  test.each([
    ["HTTP/1.0", "HTTP/1.0 200 OK\r\n\r\n"],
    ["a reason of its own", "HTTP/1.1 200 Fine\r\n\r\n"],
    ["no reason", "HTTP/1.1 200\r\n\r\n"],
    ["a status that is not registered", "HTTP/1.1 299 \r\n\r\n"],
    ["a status of two digits", "HTTP/1.1 20 OK\r\n\r\n"],
    ["Host", "HTTP/1.1 200 OK\r\nHost: a\r\n\r\n"],
    ["a line that ends too early", "HTTP/1.1 200 O\r\n\r\n"],
  ])("leaves %s to the parser", (_what, head) => {
    expect(scanResponse(head)).toBeUndefined();
  });
});

describe("fields as they came", () => {
  test("hold until something is changed", () => {
    const head = scanRequest("GET / HTTP/1.1\r\nHost: a\r\nX-A: 1\r\nx-a: 2\r\n\r\n");
    const headers = head?.headers ?? new HeaderList();
    expect(headers.get("x-a")).toBe("1, 2");
    expect(headers.wire).toBeDefined();
    headers.set("x-a", "3");
    expect(headers.wire).toBeUndefined();
    expect([...headers]).toEqual([
      ["host", "a"],
      ["x-a", "3"],
    ]);
  });

  test.each([
    ["set", (headers: HeaderList) => headers.set("x-a", "1")],
    ["delete", (headers: HeaderList) => headers.delete("x-a")],
    ["deleteWhere", (headers: HeaderList) => headers.deleteWhere(() => false)],
  ])("do not hold after %s", (_what, change) => {
    const headers = scanRequest("GET / HTTP/1.1\r\nHost: a\r\nX-A: 1\r\n\r\n")?.headers ?? new HeaderList();
    expect(headers.wire).toBeDefined();
    change(headers);
    expect(headers.wire).toBeUndefined();
  });

  test("are not shared with a copy", () => {
    const headers = scanRequest("GET / HTTP/1.1\r\nHost: a\r\nX-A: 1\r\n\r\n")?.headers ?? new HeaderList();
    const copy = headers.copy();
    copy.set("x-a", "2");
    expect(headers.get("x-a")).toBe("1");
  });
});
