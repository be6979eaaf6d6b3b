import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { connectHttp2, exchangeHttp2 } from "../support/http2.ts";
import { framesOf, headersFrame, PREFACE } from "../support/http2-frames.ts";
import { type InProcessGateway, startInProcess } from "../support/in-process.ts";
import { problemOf } from "../support/problem.ts";
import { connect } from "../support/raw.ts";
import { replies } from "../support/scripts.ts";
import { until } from "../support/until.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";

let upstream: Upstream;
let gateway: InProcessGateway;
let before = 0;

beforeAll(async () => {
  upstream = startUpstream(replies());
  gateway = await startInProcess(`
listen:
  host: 127.0.0.1
  port: 0
  http2: true
  limits: { header-bytes: 2kb, header-count: 20, target-bytes: 100b, body-bytes: 1kb }
services: { all: { targets: ["${upstream.url}"] } }
routes: [{ path: /*, service: all }]
`);
});
beforeEach(() => {
  before = upstream.requests.length;
});
afterAll(async () => {
  await gateway.stop();
  upstream.stop();
});

type Fields = readonly (readonly [string, string])[];

const PSEUDO: Fields = [
  [":method", "GET"],
  [":scheme", "http"],
  [":path", "/x"],
];
const NAMED: Fields = [...PSEUDO, [":authority", "shop.example"]];

/** Sends a request of these fields, whatever they are; answers what kinds of frames come back for it. */
async function sent(fields: Fields): Promise<"a reply" | "a reset"> {
  using client = await connect(gateway.port);
  void client.send(Buffer.concat([PREFACE, headersFrame(1, fields)]));
  const types = () => framesOf(client.inbox.rest, 1);
  await until(() => types().some((type) => type === 1 || type === 3));
  return types().includes(1) ? "a reply" : "a reset";
}

test("a request as it should be is forwarded", async () => {
  expect(await sent(NAMED)).toBe("a reply");
  expect(upstream.requests).toHaveLength(before + 1);
});

test("CONNECT is 404, of which the gateway hears nothing", async () => {
  const session = await connectHttp2(gateway.port);
  const stream = session.request({ ":method": "CONNECT", ":authority": "shop.example:443" });
  const { promise: status, resolve } = Promise.withResolvers<unknown>();
  stream.on("response", (fields) => resolve(fields[":status"]));
  expect(await status).toBe(404);
  expect(upstream.requests).toHaveLength(before);
  stream.close();
  session.close();
});

test("a client that waits for 100 gets it, as soon as its request has come", async () => {
  const session = await connectHttp2(gateway.port);
  const stream = session.request({ ":path": "/x", ":method": "POST", expect: "100-continue" });
  const { promise: continued, resolve } = Promise.withResolvers<void>();
  stream.on("continue", () => resolve());
  await continued;
  const { promise: status, resolve: answered } = Promise.withResolvers<unknown>();
  stream.on("response", (fields) => answered(fields[":status"]));
  stream.end("abc");
  expect(await status).toBe(200);
  expect(upstream.requests.at(-1)?.body.toString()).toBe("abc");
  session.close();
});

describe("a reset, and nothing reaches the service, is what comes of", () => {
  test.each<[string, Fields]>([
    ["a host other than the authority", [...NAMED, ["host", "other.example"]]],
    ["two hosts", [...PSEUDO, ["host", "a.example"], ["host", "b.example"]]],
    ["two authorities", [...NAMED, [":authority", "other.example"]]],
    ["Connection", [...NAMED, ["connection", "keep-alive"]]],
    ["Keep-Alive", [...NAMED, ["keep-alive", "timeout=5"]]],
    ["Proxy-Connection", [...NAMED, ["proxy-connection", "keep-alive"]]],
    ["Upgrade", [...NAMED, ["upgrade", "websocket"]]],
    ["Transfer-Encoding", [...NAMED, ["transfer-encoding", "chunked"]]],
    ["TE with more than trailers", [...NAMED, ["te", "trailers, deflate"]]],
    ["a name in capitals", [...NAMED, ["X-A", "1"]]],
    ["a line break in a value", [...NAMED, ["x-a", "1\r\nx-b: 2"]]],
    ["NUL in a value", [...NAMED, ["x-a", "1\0"]]],
    ["a line break in a name", [...NAMED, ["x-a\r\nx-b", "1"]]],
    ["a pseudo-field behind others", [...PSEUDO, ["x-a", "1"], [":authority", "shop.example"]]],
    ["a pseudo-field that does not exist", [...NAMED, [":protocol-x", "1"]]],
    ["a length without a body", [...NAMED, ["content-length", "5"]]],
    ["two lengths", [...NAMED, ["content-length", "0"], ["content-length", "5"]]],
    [
      "a path that is none",
      [
        [":method", "GET"],
        [":scheme", "http"],
        [":path", "x"],
        [":authority", "shop.example"],
      ],
    ],
    [
      "a blank in the path",
      [
        [":method", "GET"],
        [":scheme", "http"],
        [":path", "/a b"],
        [":authority", "a"],
      ],
    ],
    [
      "a tab in the path",
      [
        [":method", "GET"],
        [":scheme", "http"],
        [":path", "/ad\tmin"],
        [":authority", "a"],
      ],
    ],
    [
      "a line break in the path",
      [
        [":method", "GET"],
        [":scheme", "http"],
        [":path", "/ad\nmin"],
        [":authority", "a"],
      ],
    ],
  ])("%s", async (_, fields) => {
    expect(await sent(fields)).toBe("a reset");
    expect(upstream.requests).toHaveLength(before);
  });
});

describe("a problem is what comes of", () => {
  const asked = async (...lines: readonly string[]) => {
    const reply = await exchangeHttp2(gateway.port, `${lines.join("\r\n")}\r\n\r\n`);
    expect(upstream.requests).toHaveLength(before);
    return problemOf(reply);
  };

  test.each(["shop.example/admin", "shop.example?x", "shop.example:99999", "a b", "[::1", "a\\b"])(
    "the host %s",
    async (host) => {
      const answer = await sent([...PSEUDO, [":authority", host]]);
      expect(upstream.requests).toHaveLength(before);
      if (answer === "a reset") return;
      expect(gateway.logs.at(-1)).toMatchObject({ message: "request refused", fields: { code: "bad_request" } });
    },
  );

  test("no host at all", async () => {
    await sent(PSEUDO);
    expect(upstream.requests).toHaveLength(before);
  });

  test("a target, a head, a number of lines over the limit", async () => {
    expect(await asked(`GET /${"x".repeat(100)} HTTP/1.1`, "Host: a")).toBe("414 uri_too_long");
    expect(await asked("GET / HTTP/1.1", "Host: a", `X-A: ${"x".repeat(2_048)}`)).toBe("431 headers_too_large");
    const lines = Array.from({ length: 21 }, (__, index) => `X-${index}: 1`);
    expect(await asked("GET / HTTP/1.1", "Host: a", ...lines)).toBe("431 headers_too_large");
  });

  test("an expectation that is none", async () => {
    expect(await asked("GET / HTTP/1.1", "Host: a", "Expect: a-miracle")).toBe("417 expectation_failed");
  });

  test("a length over the limit, before a byte of the body", async () => {
    const body = "x".repeat(1_025);
    expect(await asked("POST / HTTP/1.1", "Host: a", `Content-Length: ${body.length}`, "", body)).toBe(
      "413 payload_too_large",
    );
  });
});
