import { describe, expect, test } from "bun:test";
import { headerName, sameNames } from "../../src/identity/header-names.ts";
import { httpUrl } from "../../src/identity/http-url.ts";
import { callOut, OutgoingError } from "../../src/identity/outgoing.ts";
import { seldom } from "../../src/identity/seldom.ts";
import { chunkedResponse, closes, drips, hangs, replies, response } from "../support/scripts.ts";
import { type Script, startUpstream } from "../support/upstream.ts";

async function call(script: Script, options: Partial<Parameters<typeof callOut>[0]> = {}) {
  using upstream = startUpstream(script);
  return await callOut({ url: upstream.url, timeoutMs: 20_000, maxBytes: 100, ...options });
}

const reasonOf = (error: unknown) => (error instanceof OutgoingError ? error.reason : String(error));

describe("a call", () => {
  test("answers with status, headers and body, and follows nothing", async () => {
    const { status, headers, body } = await call(
      replies(response("hi", { status: 302, headers: [["Location", "/x"]] })),
    );
    expect([status, headers.get("location"), body && Buffer.from(body).toString()]).toEqual([302, "/x", "hi"]);
  });

  test.each([
    ["announced", response("x".repeat(101))],
    ["in chunks", chunkedResponse(["x".repeat(60), "x".repeat(60)])],
  ])("has no body that is too long, %s", async (_, bytes) => {
    expect((await call(replies(bytes))).body).toBeUndefined();
  });

  test("takes a body of the bound", async () => {
    expect((await call(replies(response("x".repeat(100))))).body?.byteLength).toBe(100);
  });

  test("unpacks nothing", async () => {
    const packed = Bun.gzipSync("x".repeat(10_000));
    const bytes = response(Buffer.from(packed).toString("latin1"), { headers: [["Content-Encoding", "gzip"]] });
    const { body } = await call(replies(Buffer.from(bytes, "latin1")));
    expect(body?.byteLength).toBe(packed.byteLength);
  });

  test.each<[string, Script]>([
    ["nobody answers", hangs()],
    ["the body drips", drips(`${response("x".repeat(90))}`, 200)],
  ])("ends in time when %s", async (_, script) => {
    const startedAt = performance.now();
    expect(await call(script, { timeoutMs: 100 }).catch(reasonOf)).toBe("timeout");
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });

  test("ends when its caller has gone", async () => {
    const abort = new AbortController();
    using upstream = startUpstream(hangs());
    const pending = callOut({ url: upstream.url, timeoutMs: 60_000, maxBytes: 1, signal: abort.signal }).catch(
      reasonOf,
    );
    await upstream.waitForRequests(1);
    abort.abort();
    expect(await pending).toBe("unreachable");
    await upstream.waitForClosed();
  });

  test.each(["GET", "POST"])("by %s on a connection that was closed meanwhile is made once more", async (method) => {
    using upstream = startUpstream(replies());
    const post = {
      url: upstream.url,
      method,
      timeoutMs: 20_000,
      maxBytes: 100,
      ...(method === "POST" ? { body: "a=b" } : {}),
    };
    await callOut(post);
    upstream.answer((_, connection) => {
      upstream.answer(replies());
      connection.close();
    });
    expect((await callOut(post)).status).toBe(200);
    upstream.answer(closes());
    expect(await callOut(post).catch(reasonOf)).toBe("unreachable");
    expect(upstream.requests).toHaveLength(5);
  });

  test("to nobody fails, without an address in the message", async () => {
    using upstream = startUpstream(closes());
    upstream.stop();
    const error = await callOut({ url: upstream.url, timeoutMs: 20_000, maxBytes: 1 }).catch((failure) => failure);
    expect(reasonOf(error)).toBe("unreachable");
    expect(String(error)).not.toContain(String(upstream.port));
  });
});

test("URLs that can be called", () => {
  expect(httpUrl("url", "https://id.example.com/a?b=c").href).toBe("https://id.example.com/a?b=c");
  for (const wrong of ["", "id.example.com", "//id", "ftp://id", "file:///etc/passwd", "https://"]) {
    expect(() => httpUrl("url", wrong)).toThrow("url: expected a URL that begins with http");
  }
  expect(() => httpUrl("url", "http://a@id")).toThrow("no user and password");
  expect(() => httpUrl("url", "http://id#x")).toThrow("what follows a #");
});

test("names of headers, and those that services take for the same", () => {
  expect(headerName("x", "X-User-Id")).toBe("x-user-id");
  for (const own of ["Host", "Connection", "content-length", "X-Forwarded-For", "via"]) {
    expect(() => headerName("x", own)).toThrow("x: ");
  }
  expect(() => headerName("x", "a b")).toThrow('"a b" is no name of a header');
  const isSame = sameNames(["x-user-id", "x_role"]);
  expect(["x-user-id", "x_user_id", "x-user_id", "x-role", "x_role", "x-user", "xuserid"].map(isSame)).toEqual([
    true,
    true,
    true,
    true,
    true,
    false,
    false,
  ]);
});

test("something is done seldom", () => {
  let now = 1_000;
  let count = 0;
  const run = seldom(10, () => now);
  for (const at of [1_000, 1_009, 1_010, 1_015, 1_020]) {
    now = at;
    run(() => count++);
  }
  expect(count).toBe(3);
});
