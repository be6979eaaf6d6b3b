import { describe, expect, test } from "bun:test";
import { type Post, post } from "../../../src/alerts/notify/post.ts";
import { tempFolder } from "../../support/temp.ts";
import { makeCertificates } from "../../support/tls.ts";
import { startWebhook } from "../../support/webhook.ts";

const message = (url: string, rest: Partial<Post> = {}): Post => ({
  url,
  headers: { "x-key": "k" },
  body: '{"a":1}',
  timeoutMs: 20_000,
  ca: undefined,
  signal: new AbortController().signal,
  ...rest,
});

describe("a message", () => {
  test("is posted as JSON, with the headers given", async () => {
    await using webhook = startWebhook({ answer: () => new Response(null, { status: 204 }) });
    expect(await post(message(webhook.url))).toEqual({ result: "sent" });
    const [got] = webhook.received;
    expect(got).toMatchObject({ method: "POST", path: "/hook/s3cret", body: { a: 1 } });
    expect(got?.headers.get("content-type")).toBe("application/json");
    expect(got?.headers.get("x-key")).toBe("k");
  });

  test.each([500, 503, 429, 408])("that is answered with %d may be tried again", async (status) => {
    await using webhook = startWebhook({
      answer: () => new Response("x", { status, headers: { "retry-after": "7" } }),
    });
    expect(await post(message(webhook.url))).toEqual({
      result: "failed",
      reason: `status ${status}`,
      retryAfterMs: 7_000,
    });
  });

  test.each([400, 401, 404, 410])("that is answered with %d is refused", async (status) => {
    await using webhook = startWebhook({ answer: () => new Response("x", { status }) });
    expect(await post(message(webhook.url))).toEqual({ result: "refused", reason: `status ${status}` });
  });

  test("does not follow a redirect: nobody else gets it", async () => {
    await using other = startWebhook();
    await using webhook = startWebhook({
      answer: () => new Response(null, { status: 307, headers: { location: other.url } }),
    });
    const posted = await post(message(webhook.url));
    expect(posted).toEqual({ result: "refused", reason: "status 307: redirects are not followed" });
    expect(other.received).toEqual([]);
  });

  test("is given up when there is no answer in time", async () => {
    const never = Promise.withResolvers<Response>();
    await using webhook = startWebhook({ answer: () => never.promise });
    const posted = await post(message(webhook.url, { timeoutMs: 100 }));
    expect(posted).toEqual({ result: "failed", reason: "no answer within 100 ms" });
    never.resolve(new Response());
  });

  test("fails without its address in the reason where nobody listens", async () => {
    const posted = await post(message("http://127.0.0.1:1/hook/s3cret"));
    expect(posted.result).toBe("failed");
    expect(JSON.stringify(posted)).toMatch(/no answer/);
    expect(JSON.stringify(posted)).not.toContain("s3cret");
  });

  test("waits for no end of an answer that has none", async () => {
    const endless = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(65_536)) });
    await using webhook = startWebhook({ answer: () => new Response(endless) });
    expect(await post(message(webhook.url))).toEqual({ result: "sent" });
  });

  test("goes to nobody whose certificate is not trusted, and to an authority that is named", async () => {
    using folder = tempFolder();
    const { ca, server } = makeCertificates(folder.path);
    await using webhook = startWebhook({ tls: { cert: server.cert, key: server.key } });
    const refused = await post(message(webhook.url));
    expect(refused.result).toBe("failed");
    expect(webhook.received).toEqual([]);
    expect(await post(message(webhook.url, { ca: ca.cert }))).toEqual({ result: "sent" });
  });
});
