import { afterAll, beforeAll, expect, test } from "bun:test";
import { type InProcessGateway, startInProcess } from "../support/in-process.ts";
import { problemOf } from "../support/problem.ts";
import { connect, exchange } from "../support/raw.ts";
import { hangs, replies, resets, response } from "../support/scripts.ts";
import { until } from "../support/until.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";

const cleanup = new AsyncDisposableStack();
let gateway: InProcessGateway;
let upstream: Upstream;
let refusing: Upstream;
let serial = 0;

const TRY_MS = 400;

beforeAll(async () => {
  upstream = cleanup.use(startUpstream(hangs()));
  refusing = startUpstream(hangs());
  refusing.stop();
  const plugins =
    "plugins: { retry: { replay-bytes: 1kb, backoff: { base: 1ms, max: 1ms }, budget: { minimum: 100 } } }";
  gateway = cleanup.use(
    await startInProcess(`
plugins: { access-log: {} }
services:
  main: { targets: ["${upstream.url}"], pool: { max-age: 0s }, ${plugins} }
  half: { targets: ["http://127.0.0.1:${refusing.port}", "${upstream.url}"], pool: { max-age: 0s }, ${plugins} }
routes:
  - { path: /main/*, service: main }
  - { path: /half/*, service: half }
  - { path: /timed/*, service: main, plugins: { retry: { per-try-timeout: ${TRY_MS}ms } } }
  - { path: /refused-timed/*, service: half, plugins: { retry: { per-try-timeout: ${TRY_MS}ms, backoff: { base: 1ms, max: 1ms } } } }
`),
  );
});

afterAll(() => cleanup.disposeAsync());

/** Resets so many times before it is good. */
function resetsFirst(times: number): void {
  let left = times;
  upstream.answer((request, connection) => (left-- > 0 ? resets() : replies(response("good")))(request, connection));
}

/** Sends the head, and the body once somebody wants it: it cannot have come together with the head. */
async function inParts(path: string, head: string, body: string, method = "PUT") {
  using client = await connect(gateway.port);
  const common = "Host: a\r\nConnection: close\r\nExpect: 100-continue\r\n";
  const asked = await client.exchange(`${method} ${path} HTTP/1.1\r\n${common}${head}\r\n`);
  expect(asked.status).toBe(100);
  void client.send(body);
  const reply = await client.readResponse();
  return reply.status === 200 ? reply.body.toString() : problemOf(reply);
}

const arrivals = (path: string) => upstream.requests.filter(({ target }) => target === path);

test("a body of a length that may be kept is read first, and sent again whole", async () => {
  resetsFirst(1);
  const path = `/main/${++serial}`;
  expect(await inParts(path, "Content-Length: 8\r\n", "halfmore")).toBe("good");
  expect(arrivals(path).map(({ body }) => body.toString())).toEqual(["halfmore", "halfmore"]);
});

const passing: readonly (readonly [what: string, method: string, head: string, body: string])[] = [
  ["that is longer", "PUT", "Content-Length: 1025\r\n", "x".repeat(1_025)],
  ["of unknown length", "PUT", "Transfer-Encoding: chunked\r\n", "4\r\nhalf\r\n0\r\n\r\n"],
  ["of a method that is not sent again", "POST", "Content-Length: 8\r\n", "halfmore"],
];

test.each(passing)("a body %s passes as it comes, and is not sent again", async (_, method, head, body) => {
  resetsFirst(1);
  const path = `/main/${++serial}`;
  expect(await inParts(path, head, body, method)).toBe("502 upstream_reset");
  expect(arrivals(path)).toHaveLength(1);
});

test.each(passing)("a body %s goes to another target while none of it is sent", async (_, method, head, body) => {
  upstream.answer(replies(response("good")));
  // In turn: the second of them comes to the target that refuses first, and the retry is the turn of the other.
  for (let i = 0; i < 2; i++) {
    const path = `/half/${++serial}`;
    expect(await inParts(path, head, body, method)).toBe("good");
    expect(arrivals(path)).toHaveLength(1);
  }
  const { fields } = await gateway.waitForLog(({ fields }) => fields.path === `/half/${serial}`);
  expect(fields.attempts).toBe(2);
});

test("a body that is not kept is on its way before it is complete", async () => {
  upstream.answer(replies(response("good")));
  const path = `/main/${++serial}`;
  using client = await connect(gateway.port);
  void client.send(`POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\nhalf`);
  await until(() => upstream.connections.at(-1)?.inbox.rest.includes("half"));
  void client.send("more");
  expect((await client.readResponse()).body.toString()).toBe("good");
});

test("a body in memory that is longer than may be kept is not sent again", async () => {
  resetsFirst(1);
  const path = `/main/${++serial}`;
  const request = `PUT ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 1025\r\n\r\n${"x".repeat(1_025)}`;
  expect(problemOf(await exchange(gateway.port, request))).toBe("502 upstream_reset");
  expect(arrivals(path)).toHaveLength(1);
});

test("a client that leaves while its body is read has sent nothing", async () => {
  const before = upstream.requests.length;
  const path = `/main/${++serial}`;
  using client = await connect(gateway.port);
  await client.send(`PUT ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\nhalf`);
  client.reset();
  const { fields } = await gateway.waitForLog(({ fields }) => fields.path === path);
  expect(fields).toMatchObject({ status: 499, attempts: 0, errorCode: "client_closed" });
  expect(upstream.requests).toHaveLength(before);
});

test.each([
  ["of a known length", "Content-Length: 4\r\n", "body"],
  ["in chunks", "Transfer-Encoding: chunked\r\n", "4\r\nbody\r\n0\r\n\r\n"],
])("per-try-timeout begins when a body %s has come", async (_, head, body) => {
  upstream.answer(hangs());
  for (const route of ["timed", "refused-timed"]) {
    const path = `/${route}/${++serial}`;
    const startedAt = performance.now();
    // Not one that may be sent again: then it would be in memory before it is sent.
    expect(await inParts(path, head, body, "POST")).toBe("504 upstream_timeout");
    // The service itself has 15 s.
    expect(performance.now() - startedAt).toBeWithin(TRY_MS - 1, 5_000 + TRY_MS);
    expect(arrivals(path)).toHaveLength(1);
  }
});

test("per-try-timeout is not for a body that comes slowly, nor for the reply's", async () => {
  upstream.answer(async (_, connection) => {
    await connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no");
    await Bun.sleep(TRY_MS + 100);
    await connection.send("k");
  });
  using client = await connect(gateway.port);
  void client.send(`POST /timed/${++serial} HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbo`);
  await Bun.sleep(TRY_MS + 100);
  void client.send("dy");
  expect((await client.readResponse()).body.toString()).toBe("ok");
});

test("a reply ahead of the body's end is the answer, and nothing times out behind it", async () => {
  using early = startUpstream(replies(response("early")), { atHead: true });
  await using other = await startInProcess(`
services: { early: { targets: ["${early.url}"] } }
routes: [{ path: /*, service: early, plugins: { retry: { per-try-timeout: 100ms } } }]
`);
  using client = await connect(other.port);
  void client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbo");
  expect((await client.readResponse()).body.toString()).toBe("early");
});
