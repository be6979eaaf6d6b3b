import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type InProcessGateway, startInProcess } from "../support/in-process.ts";
import { parseResponse, type RawResponse } from "../support/messages.ts";
import { connect, exchange } from "../support/raw.ts";
import { closesAfter, replies, response } from "../support/scripts.ts";
import { type Script, startUpstream, type Upstream } from "../support/upstream.ts";
import { type ResponseCase, responseCases } from "./corpus.ts";

let upstream: Upstream;
let early: Upstream;
let gateway: InProcessGateway;

beforeAll(async () => {
  upstream = startUpstream(replies());
  early = startUpstream(replies(), { atHead: true });
  gateway = await startInProcess(`
services:
  usual: { targets: ["${upstream.url}"] }
  early: { targets: ["${early.url}"] }
routes:
  - { path: /usual, service: usual }
  - { path: /early, service: early }
`);
});
afterAll(async () => {
  await gateway.stop();
  upstream.stop();
  early.stop();
});

function scriptOf(one: ResponseCase): Script {
  return one.close === true ? closesAfter(one.response) : replies(one.response);
}

/** All that a client is sent for a case, to the end of its connection. */
async function play(one: ResponseCase): Promise<Buffer> {
  const { method = "GET", request_body_bytes: size = 0 } = one;
  (one.early === true ? early : upstream).answer(scriptOf(one));
  using client = await connect(gateway.port, { halfOpen: true });
  const path = one.early === true ? "/early" : "/usual";
  const length = size === 0 ? "" : `Content-Length: ${size}\r\n`;
  void client.send(`${method} ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${length}\r\n${"x".repeat(size)}`);
  return await client.readAll();
}

/** The final response; undefined if the connection ended in the middle of it, or before it. */
function finalOf(bytes: Buffer, method: string | undefined): RawResponse | undefined {
  for (let rest = bytes; ; ) {
    const parsed = parseResponse(rest, method === undefined ? {} : { method });
    if (parsed === undefined || parsed.response.status >= 200) return parsed?.response;
    rest = rest.subarray(parsed.end);
  }
}

function expectPassed(one: ResponseCase, reply: RawResponse | undefined): void {
  expect(reply?.status).toBe(one.status ?? 200);
  if (one.body !== undefined) expect(reply?.body.toString("latin1")).toBe(one.body);
  if (one.no_header !== undefined) expect(reply?.header(one.no_header)).toBeUndefined();
  if (one.count_header !== undefined) expect(reply?.all(one.count_header[0])).toHaveLength(one.count_header[1]);
}

describe.each(responseCases.map((one) => [one.id, one] as const))("%s", (_, one) => {
  test(one.why, async () => {
    const bytes = await play(one);
    const reply = finalOf(bytes, one.method);
    if (one.expect === "pass") expectPassed(one, reply);
    else if (one.expect === "abort") expect(reply === undefined || reply.status === 502).toBe(true);
    else {
      expect(reply?.status).toBe(502);
      expect(JSON.parse(reply?.body.toString() ?? "")).toMatchObject({ code: "upstream_invalid" });
    }
    // What is left of it is never given to another request.
    upstream.answer(replies(response("next")));
    const next = await exchange(gateway.port, "GET /usual HTTP/1.1\r\nHost: a\r\n\r\n");
    expect([next.status, next.body.toString()]).toEqual([200, "next"]);
  });
});
