import { describe, expect, test } from "bun:test";
import type { HeaderList } from "../../src/message/headers.ts";
import type { Reply } from "../../src/message/reply.ts";
import { drip, hangs, replies, response } from "../support/scripts.ts";
import { until } from "../support/until.ts";
import { startUpstream, type UpstreamConnection } from "../support/upstream.ts";
import { contextOf, outcomeOf, sent, targetOf } from "./support.ts";

const CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n";

describe("a connection after a reply", () => {
  test.each([
    ["with a length", response("ok")],
    ["in chunks", CHUNKED],
    ["of HTTP/1.0 that says keep-alive", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok"],
  ])("%s is used again", async (_, bytes) => {
    using upstream = startUpstream(replies(bytes));
    const target = targetOf(upstream.url);
    for (let i = 0; i < 3; i++) expect(await outcomeOf(target)).toBe("200 ok");
    expect(upstream.connections).toHaveLength(1);
    target.close();
  });

  test.each([
    ["that says close", response("ok", { headers: [["Connection", "close"]] })],
    ["of HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok"],
    ["with bytes behind it", `${response("ok")}x`],
  ])("%s is ended", async (_, bytes) => {
    using upstream = startUpstream(replies(bytes));
    const target = targetOf(upstream.url);
    expect(await outcomeOf(target)).toBe("200 ok");
    await upstream.waitForClosed();
    expect(target.pool.open).toBe(0);
  });

  test("that ends with the connection is over, and whole", async () => {
    using upstream = startUpstream(async (_request, connection) => {
      await connection.send("HTTP/1.1 200 OK\r\n\r\nall of it");
      connection.close();
    });
    const target = targetOf(upstream.url);
    expect(await outcomeOf(target)).toBe("200 all of it");
    expect(target.pool.open).toBe(0);
  });

  test("that comes octet by octet is used again", async () => {
    using upstream = startUpstream((_, connection) => drip(connection, CHUNKED, 0));
    const target = targetOf(upstream.url);
    for (let i = 0; i < 2; i++) expect(await outcomeOf(target)).toBe("200 ok");
    expect(upstream.connections).toHaveLength(1);
    target.close();
  });
});

describe("a reply that nobody reads", () => {
  test("is discarded with its connection", async () => {
    using upstream = startUpstream(replies("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"));
    const target = targetOf(upstream.url);
    const reply = await sent(target, contextOf());
    reply.discard();
    await upstream.waitForClosed();
    expect(target.pool.open).toBe(0);
  });

  test("does not hold its connection for ever", async () => {
    using upstream = startUpstream(replies("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"));
    const target = targetOf(upstream.url, { timeouts: { idle: "30ms" } });
    await sent(target, contextOf());
    await upstream.waitForClosed();
  });

  test("but has come whole lets go of its connection at once", async () => {
    using upstream = startUpstream(replies());
    const target = targetOf(upstream.url);
    const reply = await sent(target, contextOf());
    expect(target.pool.idle).toBe(1);
    expect(await reply.body.text(10)).toBe("ok");
    target.close();
  });
});

describe("interim responses", () => {
  test("are passed on, 100 excepted, and the final one follows", async () => {
    const hints = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n";
    using upstream = startUpstream(replies(`HTTP/1.1 100 Continue\r\n\r\n${hints}${hints}${response("ok")}`));
    const target = targetOf(upstream.url);
    const seen: unknown[] = [];
    const ctx = contextOf();
    ctx.downstream = {
      inform: (status: number, reason: string, headers: HeaderList) =>
        void seen.push([status, reason, headers.get("link")]),
    };
    expect(await outcomeOf(target, ctx)).toBe("200 ok");
    const hint = [103, "Early Hints", "</a.css>"];
    expect(seen).toEqual([hint, hint]);
    target.close();
  });
});

describe("a request that streams", () => {
  /** A body that is fed from outside. */
  function fed() {
    let feed: ReadableStreamDefaultController<Uint8Array> | undefined;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        feed = controller;
      },
    });
    return { body, feed: () => feed };
  }

  test("is sent in chunks as it comes", async () => {
    using upstream = startUpstream(replies());
    const target = targetOf(upstream.url);
    const { body, feed } = fed();
    const outcome = outcomeOf(target, { method: "POST", body });
    feed()?.enqueue(Buffer.from("one"));
    await until(() => upstream.connections[0]?.inbox.rest.includes("3\r\none\r\n"));
    feed()?.enqueue(Buffer.from("three"));
    feed()?.close();
    expect(await outcome).toBe("200 ok");
    expect(upstream.requests[0]?.body.toString()).toBe("onethree");
    expect(target.pool.idle).toBe(1);
    target.close();
  });

  test("and is answered early loses its connection, the reply stays", async () => {
    using upstream = startUpstream(replies(response("no, thanks", { status: 413 })), { atHead: true });
    const target = targetOf(upstream.url);
    const { body, feed } = fed();
    const outcome = outcomeOf(target, { method: "POST", body });
    feed()?.enqueue(Buffer.from("one"));
    expect(await outcome).toBe("413 no, thanks");
    await upstream.waitForClosed();
    expect(target.pool.open).toBe(0);
  });

  test("and fails on the client's side ends the connection with that error", async () => {
    using upstream = startUpstream(hangs(), { atHead: true });
    const target = targetOf(upstream.url);
    const { body, feed } = fed();
    const outcome = outcomeOf(target, { method: "POST", body });
    feed()?.enqueue(Buffer.from("one"));
    await upstream.waitForRequests(1);
    feed()?.error(new Error("the stream broke"));
    expect(await outcome).toBe("internal");
    await upstream.waitForClosed();
  });

  test("whose body is gone already is refused, and costs the pool nothing", async () => {
    using upstream = startUpstream(replies());
    const target = targetOf(upstream.url);
    await outcomeOf(target);
    for (let i = 0; i < 3; i++) {
      const ctx = contextOf({ method: "POST", body: new Blob(["gone"]).stream() });
      ctx.request.body.take();
      expect(await outcomeOf(target, ctx)).toBe("internal");
    }
    expect(target.pool).toMatchObject({ open: 0, inUse: 0, pending: 0 });
    expect(await outcomeOf(target)).toBe("200 ok");
    target.close();
  });

  test("is given up when the target takes nothing for the idle timeout", async () => {
    using upstream = startUpstream((_, connection) => connection.pause(), { atHead: true });
    const target = targetOf(upstream.url, { timeouts: { idle: "60ms" } });
    const { body, feed } = fed();
    const outcome = outcomeOf(target, { method: "POST", body });
    const block = Buffer.alloc(1_048_576);
    for (let i = 0; i < 32; i++) feed()?.enqueue(block);
    expect(await outcome).toBe("upstream_timeout");
    expect(target.pool.open).toBe(0);
  });

  test("does not end the idle timeout of a reply that has begun", async () => {
    const started = Promise.withResolvers<UpstreamConnection>();
    using upstream = startUpstream(
      async (_, connection) => {
        connection.isRaw = true;
        connection.inbox.discard();
        connection.pause();
        await connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
        started.resolve(connection);
      },
      { atHead: true },
    );
    const target = targetOf(upstream.url, { timeouts: { idle: "2s" } });
    const body = new Blob([new Uint8Array(16 * 1_048_576)]).stream();
    const reply: Reply = await sent(target, contextOf({ method: "POST", body }));
    const text = reply.body.text(100);
    const connection = await started.promise;
    connection.resume();
    // All of the request is taken now, and nothing more of the reply comes.
    await connection.waitForBytes(16 * 1_048_576);
    expect(await text.catch((error: { code: string }) => error.code)).toBe("upstream_timeout");
    await upstream.waitForClosed();
  });
});
