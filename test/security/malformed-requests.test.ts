import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type InProcessGateway, startInProcess } from "../support/in-process.ts";
import { parseResponse, type RawRequest, type RawResponse } from "../support/messages.ts";
import { connect } from "../support/raw.ts";
import { replies } from "../support/scripts.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";
import { expand, type RequestCase, requestCases, type UpstreamExpectation } from "./corpus.ts";

interface Difference {
  readonly expect: RequestCase["expect"];
  /** Why the gateway may, and wants to. */
  readonly reason: string;
}

/** Where the gateway does otherwise than the corpus says. */
const DIFFERENCES: Readonly<Record<string, Difference>> = {
  "te-two-lines-gzip-chunked": {
    expect: "reject-400",
    reason: "chunked is the one transfer coding that it knows: 501 for any other (RFC 9112 §6.1)",
  },
  "ex-100-obfuscated": {
    expect: "reject-400",
    reason: "an expectation other than 100-continue gets 417 (RFC 9110 §10.1.1)",
  },
  "up-ws-post": {
    expect: "accept",
    reason: "Upgrade is ignored where a route allows none (RFC 9110 §7.8): it is a POST like any other",
  },
};

let upstream: Upstream;
let gateway: InProcessGateway;

beforeAll(async () => {
  upstream = startUpstream(replies());
  gateway = await startInProcess(`
services: { all: { targets: ["${upstream.url}"] } }
routes: [{ path: /*, service: all }]
`);
});
afterAll(async () => {
  await gateway.stop();
  upstream.stop();
});

function outcomeOf(one: RequestCase): RequestCase["expect"] {
  return DIFFERENCES[one.id]?.expect ?? one.expect;
}

/** Every response that the client gets for a case, its connection's end included. */
async function play(one: RequestCase): Promise<readonly RawResponse[]> {
  const host = `127.0.0.1:${gateway.port}`;
  using client = await connect(gateway.port, { halfOpen: true });
  void client.send(expand(one, host));
  if (one.half_close === true) client.halfClose();
  else if (outcomeOf(one) === "accept") {
    const responses: RawResponse[] = [];
    while (responses.length < (one.responses ?? 1)) responses.push(await client.readResponse());
    // Whatever is left on the connection now is not to be taken for a part of this.
    void client.send(`GET /m/${one.id}-next HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    return [...responses, ...all(await client.readAll())];
  }
  return all(await client.readAll());
}

function all(bytes: Buffer): readonly RawResponse[] {
  const responses: RawResponse[] = [];
  for (let rest = bytes; rest.byteLength > 0; ) {
    const parsed = parseResponse(rest, { isEnded: true });
    if (parsed === undefined) throw new Error(`no whole response: ${JSON.stringify(rest.toString("latin1"))}`);
    responses.push(parsed.response);
    rest = rest.subarray(parsed.end);
  }
  return responses;
}

/** Complete requests of a case that came to the upstream. */
function arrived(id: string): readonly RawRequest[] {
  return upstream.requests.filter(({ target }) => target.startsWith(`/m/${id}`) && !target.endsWith("-next"));
}

/** RFC 9112 as strictly as it can be read: what any upstream takes for one and the same message. */
function expectClean({ raw, headers, startLine }: RawRequest): void {
  const head = raw.slice(0, raw.indexOf("\r\n\r\n") + 4);
  expect(startLine).toMatch(/^[!-~]+ \/[!-~]* HTTP\/1\.1$/);
  expect(head).toMatch(/^[^\r\n]+\r\n(?:[!#$%&'*+.^_`|~0-9a-z-]+: ?[^\r\n\0]*\r\n)+\r\n$/);
  const framing = headers.filter(([name]) => name === "content-length" || name === "transfer-encoding");
  expect(framing.length).toBeLessThan(2);
  expect(headers.filter(([name]) => name === "host")).toHaveLength(1);
}

function expectForwarded(request: RawRequest, expected: UpstreamExpectation, host: string): void {
  const { target, target_without, method, body, header, not_header, has_header, no_header, bytes, no_bytes } = expected;
  const id = (text: string) => text.replace("{HOST}", host).replace("{ID}", request.target.split("/")[2] ?? "");
  if (target !== undefined) expect(request.target).toBe(id(target));
  if (target_without !== undefined) expect(request.target).not.toContain(target_without);
  if (method !== undefined) expect(request.method).toBe(method);
  if (body !== undefined) expect(request.body.toString("latin1")).toBe(body);
  if (header !== undefined) expect(request.headers).toContainEqual([header[0] ?? "", id(header[1] ?? "")]);
  if (not_header !== undefined) expect(request.all(not_header[0] ?? "")).not.toContain(id(not_header[1] ?? ""));
  if (has_header !== undefined) expect(request.header(has_header)).toBeDefined();
  if (no_header !== undefined) expect(request.header(no_header)).toBeUndefined();
  if (bytes !== undefined) expect(request.raw).toContain(bytes);
  if (no_bytes !== undefined) expect(request.raw).not.toMatch(new RegExp(no_bytes));
}

describe.each(requestCases.map((one) => [one.id, one] as const))("%s", (id, one) => {
  test(one.why, async () => {
    const [first, ...further] = await play(one);
    const requests = arrived(id);
    if (outcomeOf(one) === "accept") {
      expect(first?.status).toBe(200);
      expect(requests).toHaveLength(one.responses ?? 1);
      for (const request of requests) expectForwarded(request, one.upstream ?? {}, `127.0.0.1:${gateway.port}`);
    } else {
      expect(requests).toEqual([]);
      expect(further).toEqual([]);
    }
    if (outcomeOf(one) === "reject-400") {
      expect(one.status ?? [400]).toContain(first?.status ?? 0);
      expect(first?.header("connection")).toBe("close");
    }
    for (const request of requests) expectClean(request);
    expect(upstream.requests.filter(({ target }) => target.includes("/s/"))).toEqual([]);
  });
});

test("every difference is about a case of the corpus, and a real one", () => {
  const expected = new Map(requestCases.map((one) => [one.id, one.expect]));
  for (const [id, { expect: own }] of Object.entries(DIFFERENCES)) {
    expect(expected.get(id)).toBeDefined();
    expect(expected.get(id)).not.toBe(own);
  }
});
