import { describe, expect, test } from "bun:test";
import { readEvents } from "../support/events.ts";
import { connect, exchange } from "../support/raw.ts";
import { until } from "../support/until.ts";
import { startTestAdmin } from "./setup.ts";

const urlOf = ({ port }: { readonly port: number }, query = "") => `http://127.0.0.1:${port}/api/log${query}`;

describe("the log", () => {
  test("is told from its recent lines on, each as an event", async () => {
    await using admin = startTestAdmin();
    admin.log.info("before");
    await using reader = await readEvents(urlOf(admin));
    expect(reader.headers.get("content-type")).toBe("text/event-stream");
    expect(reader.headers.get("cache-control")).toBe("no-store");
    await until(() => reader.lines.length === 1);
    admin.log.warn("two\nlines", { a: 1 });
    await until(() => reader.lines.length === 2);
    expect(reader.lines).toMatchObject([
      { level: "info", msg: "before" },
      { level: "warn", msg: "two\nlines", a: 1 },
    ]);
  });

  test("answers before there is a line", async () => {
    await using admin = startTestAdmin();
    await using reader = await readEvents(urlOf(admin));
    expect(reader.status).toBe(200);
    expect(reader.events).toEqual([]);
  });

  test("is told through the filter of each reader", async () => {
    await using admin = startTestAdmin();
    await using warnings = await readEvents(urlOf(admin, "?level=warn&contains=Disk"));
    await using ofOne = await readEvents(urlOf(admin, "?worker=2&route=users&plugin="));
    admin.log.info("the disk is fine");
    admin.log.with({ worker: 2 }).warn("the disk is full", { route: "users" });
    await until(() => warnings.lines.length === 1 && ofOne.lines.length === 1);
    expect(warnings.lines).toMatchObject([{ msg: "the disk is full" }]);
    expect(ofOne.lines).toMatchObject([{ msg: "the disk is full" }]);
  });

  test.each([
    ["level=warning", "level: expected one of debug, info, warn, error"],
    ["level=eror", 'did you mean "error"?'],
    ["worker=x", "worker: expected its number"],
    [`contains=${"x".repeat(201)}`, "contains: expected at most 200 characters"],
  ])("%s is malformed", async (query, detail) => {
    await using admin = startTestAdmin();
    const response = await admin.get(`/api/log?${query}`);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: "bad_request", detail: expect.stringContaining(detail) });
    expect(admin.tail.readers).toBe(0);
  });

  test("is for 16 readers at a time, and one that goes leaves its place to another", async () => {
    await using admin = startTestAdmin();
    await using readers = new AsyncDisposableStack();
    for (let i = 0; i < 15; i++) readers.use(await readEvents(urlOf(admin)));
    const last = await readEvents(urlOf(admin));
    const refused = await admin.get("/api/log");
    expect([refused.status, await refused.json()]).toMatchObject([
      503,
      { code: "overloaded", detail: expect.stringContaining("16") },
    ]);
    await last[Symbol.asyncDispose]();
    await until(() => admin.tail.readers === 15, { what: "the reader that has gone is known to be" });
    readers.use(await readEvents(urlOf(admin)));
  });

  test("loses lines for who is slow, says how many, and goes on", async () => {
    await using admin = startTestAdmin();
    await using quick = await readEvents(urlOf(admin));
    using slow = await connect(admin.port);
    await slow.send("GET /api/log HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await until(() => admin.tail.readers === 2);
    slow.pause();
    // The quick one paces the writer: what it has read was offered to the slow one too.
    const filler = "x".repeat(8_000);
    for (let sent = 0; sent < 3_000; sent += 50) {
      for (let i = 0; i < 50; i++) admin.log.info(`line ${sent + i}`, { filler });
      await until(() => quick.lines.length === sent + 50, { timeout: 30_000 });
    }
    slow.resume();
    // Without the lines between chunks, which may be in the middle of an event.
    const text = () => slow.inbox.rest.toString().replaceAll(/\r\n[0-9a-f]+\r\n/g, "");
    await until(() => text().includes("event: lost"), { timeout: 30_000 });
    admin.log.info("the last");
    await until(() => text().includes('"the last"'), { timeout: 30_000 });
    const lost = [...text().matchAll(/event: lost\ndata: \{"lines":(\d+)\}/g)].reduce(
      (sum, [, n]) => sum + Number(n),
      0,
    );
    const got = [...text().matchAll(/"msg":"line \d+"/g)].length;
    expect(lost).toBeGreaterThan(0);
    expect(got + lost).toBe(3_000);
    expect(quick.events.filter(({ event }) => event === "lost")).toEqual([]);
  }, 120_000);

  test("is not read by who asks for its head alone", async () => {
    await using admin = startTestAdmin();
    for (let i = 0; i < 20; i++) {
      const head = await exchange(admin.port, "HEAD /api/log HTTP/1.1\r\nHost: localhost\r\n\r\n");
      expect(head.status).toBe(200);
      expect(head.header("content-type")).toBe("text/event-stream");
    }
    expect(admin.tail.readers).toBe(0);
  });

  test("leaves a reader that is cut, at once or in the middle", async () => {
    await using admin = startTestAdmin();
    for (const request of [
      "GET /api/log HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "GET /api/log HTTP/1.0\r\nHost: localhost\r\n\r\n",
    ]) {
      const client = await connect(admin.port);
      await client.send(request);
      await until(() => admin.tail.readers === 1);
      admin.log.info("a line");
      client.reset();
      await until(() => admin.tail.readers === 0, { what: "the reader that was cut is forgotten" });
    }
  });

  test("needs the token", async () => {
    await using admin = startTestAdmin({}, { token: "t0ken" });
    expect((await admin.get("/api/log")).status).toBe(401);
    await using reader = await readEvents(urlOf(admin), { headers: { authorization: "Bearer t0ken" } });
    expect(reader.status).toBe(200);
  });
});
