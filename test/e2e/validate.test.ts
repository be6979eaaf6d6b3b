import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { DOCUMENT } from "../plugins/validate/document.ts";
import { type InProcessGateway, startInProcess } from "../support/in-process.ts";
import { problemOf } from "../support/problem.ts";
import { connect, exchange } from "../support/raw.ts";
import { chunkedResponse, replies, response } from "../support/scripts.ts";
import { until } from "../support/until.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";
import { describeEveryWay, listenEveryWay, portOf } from "../support/ways.ts";

const cleanup = new AsyncDisposableStack();
let gateway: InProcessGateway;
let upstream: Upstream;

beforeAll(async () => {
  upstream = cleanup.use(startUpstream(replies()));
  gateway = cleanup.use(
    await startInProcess(`
${listenEveryWay()}
services: { things: { targets: ["${upstream.url}"] } }
routes:
  - { name: strict, path: /strict/*, service: things, strip-prefix: /strict, plugins: { validate: { max-body: 1kb } } }
  - { name: loose, path: /loose/*, service: things, strip-prefix: /loose, plugins: { validate: { requests: report, responses: report, sample: 100%, max-body: 1kb }, retry: { attempts: 2 } } }
`),
  );
  gateway.documents.put("things", DOCUMENT);
});

afterAll(() => cleanup.disposeAsync());
beforeEach(() => upstream.answer(replies()));

const GOOD = '{"name":"a","secret":"s"}';
const BAD = '{"name":"","secret":"s"}';
const head = (prefix: string, more: string) =>
  `POST /${prefix}/v1/things/1 HTTP/1.1\r\nHost: a\r\nX-Level: low\r\nContent-Type: application/json\r\n${more}\r\n`;
const whole = (prefix: string, body: string) => `${head(prefix, `Content-Length: ${body.length}\r\n`)}${body}`;
const counted = (name: string, route: string, result: string) =>
  gateway.metricsOf("validate").value(name, { route, result }) ?? 0;

describeEveryWay("a request", (way) => {
  test("that is as documented arrives, another is refused with the place of its mistake", async () => {
    const port = portOf(way, gateway);
    const before = upstream.requests.length;
    expect((await way.exchange(port, whole("strict", GOOD))).status).toBe(200);
    expect(upstream.requests.at(-1)?.body.toString()).toBe(GOOD);
    const refused = await way.exchange(port, whole("strict", BAD));
    expect(problemOf(refused)).toBe("422 validation_failed");
    expect(JSON.parse(refused.body.toString())).toMatchObject({
      errors: [{ pointer: "/name", detail: "must NOT have fewer than 1 characters" }],
    });
    expect(problemOf(await way.exchange(port, whole("strict", "{")))).toBe("400 bad_request");
    expect(problemOf(await way.exchange(port, whole("strict", `{"name":"${"a".repeat(2_000)}"}`)))).toBe(
      "413 payload_too_large",
    );
    expect(upstream.requests.length - before).toBe(1);
  });
});

describe("a body in pieces", () => {
  test("is read whole before it is sent, and refused before the service has heard of it", async () => {
    const before = upstream.requests.length;
    using client = await connect(gateway.port);
    const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;
    await client.send(head("strict", "Transfer-Encoding: chunked\r\n"));
    await client.send(chunk(BAD.slice(0, 5)));
    await client.send(`${chunk(BAD.slice(5))}0\r\n\r\n`);
    expect(problemOf(await client.readResponse())).toBe("422 validation_failed");
    // The connection goes on with the next request.
    expect(problemOf(await client.exchange(whole("strict", "[]")))).toBe("422 validation_failed");
    expect((await client.exchange(whole("strict", GOOD))).status).toBe(200);
    expect(upstream.requests.length - before).toBe(1);
  });

  test("that says how long it is, and is too long, is not read at all", async () => {
    const reply = await exchange(gateway.port, head("strict", "Content-Length: 5000000\r\n"));
    expect(problemOf(reply)).toBe("413 payload_too_large");
  });

  test("whose client goes away leaves nothing behind", async () => {
    const before = upstream.requests.length;
    const client = await connect(gateway.port);
    await client.send(`${head("strict", "Content-Length: 100\r\n")}{"name":`);
    client.close();
    await until(() => gateway.edges[0]?.connections === 0);
    expect(upstream.requests.length).toBe(before);
  });

  test("that is only reported passes as it comes, and is told of when it is whole", async () => {
    const before = counted("requests_total", "loose", "invalid");
    using client = await connect(gateway.port);
    await client.send(`${head("loose", `Content-Length: ${BAD.length}\r\n`)}${BAD.slice(0, 5)}`);
    await client.send(BAD.slice(5));
    expect((await client.readResponse()).status).toBe(200);
    expect(upstream.requests.at(-1)?.body.toString()).toBe(BAD);
    expect(counted("requests_total", "loose", "invalid") - before).toBe(1);
  });

  test("that is too long to be checked passes all the same", async () => {
    const before = counted("requests_total", "loose", "unchecked");
    const body = `{"name":"${"a".repeat(100_000)}"}`;
    expect((await exchange(gateway.port, whole("loose", body))).status).toBe(200);
    expect(upstream.requests.at(-1)?.body.length).toBe(body.length);
    expect(counted("requests_total", "loose", "unchecked") - before).toBe(1);
  });
});

describe("a reply", () => {
  const headers = [
    ["Content-Type", "application/json"],
    ["Location", "/things/1"],
  ] as const;

  test.each([
    ["whole", "valid", response('{"id":1,"name":"a"}', { status: 201, headers })],
    ["in chunks", "valid", chunkedResponse(['{"id":1', ',"name":"a"}'], { status: 201, headers })],
    ["that is wrong, in chunks", "invalid", chunkedResponse(['{"id":"1"', ',"name":"a"}'], { status: 201, headers })],
    [
      "that is too long",
      "unchecked",
      chunkedResponse([`{"id":1,"name":"`, "a".repeat(2_000), '"}'], { status: 201, headers }),
    ],
  ])("%s passes as it is: %s", async (_, result, text) => {
    const before = counted("responses_total", "loose", result);
    upstream.answer(replies(text));
    const reply = await exchange(gateway.port, whole("loose", GOOD));
    expect(reply.status).toBe(201);
    expect(reply.body.toString()).toStartWith('{"id":');
    expect(reply.body.toString()).toEndWith('"}');
    expect(counted("responses_total", "loose", result) - before).toBe(1);
  });

  test("that is cut off is counted as one that could not be checked", async () => {
    const before = counted("responses_total", "loose", "unchecked");
    upstream.answer(async (_, connection) => {
      await connection.send(
        'HTTP/1.1 201 Made\r\nContent-Type: application/json\r\nLocation: /a\r\nContent-Length: 100\r\n\r\n{"id":1',
      );
      connection.close();
    });
    await exchange(gateway.port, whole("loose", GOOD)).catch(() => undefined);
    await until(() => counted("responses_total", "loose", "unchecked") - before === 1);
  });
});

test("a newer document counts for the next request", async () => {
  const path = "/strict/v1/things/latest?at=x";
  const get = () => exchange(gateway.port, `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
  expect((await get()).status).toBe(200);
  const at = { name: "at", in: "query", schema: { type: "integer" } };
  const latest = { get: { parameters: [at], responses: {} } };
  gateway.documents.put("things", { openapi: "3.1.0", servers: [{ url: "/v1" }], paths: { "/things/latest": latest } });
  expect(problemOf(await get())).toBe("422 validation_failed");
  gateway.documents.put("things", DOCUMENT);
  expect((await get()).status).toBe(200);
});
