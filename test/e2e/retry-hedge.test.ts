import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test";
import { type InProcessGateway, startInProcess } from "../support/in-process.ts";
import { problemOf } from "../support/problem.ts";
import { connect, exchange } from "../support/raw.ts";
import { hangs, replies, response } from "../support/scripts.ts";
import { until } from "../support/until.ts";
import { type Script, startUpstream, type Upstream } from "../support/upstream.ts";

const cleanup = new AsyncDisposableStack();
let gateway: InProcessGateway;
let targets: readonly Upstream[];
let serial = 0;

beforeAll(async () => {
  targets = [1, 2].map(() => cleanup.use(startUpstream(hangs())));
  const urls = `[${targets.map(({ url }) => `"${url}"`).join(", ")}]`;
  const retry = (more: string, minimum: number) =>
    `{ attempts: 2, backoff: { base: 1ms, max: 1ms }, budget: { minimum: ${minimum} }, ${more} }`;
  const service = (name: string, more: string, minimum = 100) =>
    `\n  ${name}: { targets: ${urls}, pool: { max-age: 0s }, plugins: { retry: ${retry(more, minimum)} } }`;
  gateway = cleanup.use(
    await startInProcess(`
plugins: { access-log: {} }
services:${service("main", "hedge: { after: 20ms }")}${service("none", "hedge: { after: 20ms }", 0)}
${service("learns", "hedge: { after: p95 }")}${service("timed", "hedge: { after: 20ms }, per-try-timeout: 300ms")}
${service("late", "hedge: { after: 2s }")}
routes: [${["main", "none", "learns", "timed", "late"].map((name) => `{ path: /${name}/*, service: ${name} }`).join(", ")}]
`),
  );
});

afterAll(() => cleanup.disposeAsync());
beforeEach(() => order([]));

let scripts: readonly Script[] = [];
let arrivals = 0;

/** What the requests to come get, in the order of their arrival, wherever they arrive; then "good". */
function order(next: readonly Script[]): void {
  scripts = next;
  arrivals = 0;
  const ordered: Script = (request, connection) =>
    (scripts[arrivals++] ?? replies(response("good")))(request, connection);
  for (const target of targets) target.answer(ordered);
}

const message = (path: string, method = "GET") => `${method} ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`;
const arrivalsOf = (path: string) => targets.map((one) => one.requests.filter(({ target }) => target === path).length);
const lineOf = (path: string) => gateway.waitForLog(({ fields }) => fields.path === path);
const open = () => targets.reduce((sum, target) => sum + target.open, 0);

test("a slow first is helped by a second at another target; the first is ended", async () => {
  order([hangs()]);
  const path = `/main/${++serial}`;
  const reply = await exchange(gateway.port, message(path));
  expect(reply.body.toString()).toBe("good");
  expect(arrivalsOf(path)).toEqual([1, 1]);
  const winner = targets.find(({ requests }) => requests.at(-1)?.target === path && arrivals === 2);
  expect(winner).toBeDefined();
  const { fields } = await lineOf(path);
  expect(fields).toMatchObject({ attempts: 2, status: 200 });
  await until(() => open() === 0);
});

test("the target of the one that counts is the request's", async () => {
  const seen: string[] = [];
  order([
    hangs(),
    (_, connection) => {
      seen.push(targets.find(({ connections }) => connections.includes(connection))?.url ?? "");
      void connection.send(response("good"));
    },
  ]);
  const path = `/main/${++serial}`;
  await exchange(gateway.port, message(path));
  expect((await lineOf(path)).fields.target).toBe(seen[0]);
});

test("a quick first stays alone", async () => {
  const path = `/late/${++serial}`;
  expect((await exchange(gateway.port, message(path))).body.toString()).toBe("good");
  expect((await lineOf(path)).fields.attempts).toBe(1);
});

test("the first may still be the one: then the second is ended", async () => {
  const release = Promise.withResolvers<void>();
  order([
    async (_, connection) => {
      await release.promise;
      await connection.send(response("first"));
    },
    (_request, _connection) => release.resolve(),
  ]);
  const path = `/main/${++serial}`;
  expect((await exchange(gateway.port, message(path))).body.toString()).toBe("first");
  expect(arrivalsOf(path)).toEqual([1, 1]);
  await until(() => open() === 0);
});

test("a bad answer does not end it while the other may be good", async () => {
  const release = Promise.withResolvers<void>();
  order([
    async (_, connection) => {
      await release.promise;
      await connection.send(response("first"));
    },
    async (_, connection) => {
      await connection.send(response("bad", { status: 503, reason: "No" }));
      release.resolve();
    },
  ]);
  const path = `/main/${++serial}`;
  expect((await exchange(gateway.port, message(path))).body.toString()).toBe("first");
});

test("two bad answers are one: the attempts are used up", async () => {
  const both = Promise.withResolvers<void>();
  const bad: Script = async (_, connection) => {
    if (arrivals === 2) both.resolve();
    await both.promise;
    await connection.send(response("bad", { status: 503, reason: "No" }));
  };
  order([bad, bad]);
  const path = `/main/${++serial}`;
  expect((await exchange(gateway.port, message(path))).status).toBe(503);
  expect((await lineOf(path)).fields.attempts).toBe(2);
});

test("a POST is not asked twice, however slow", async () => {
  const release = Promise.withResolvers<void>();
  order([
    async (_, connection) => {
      await release.promise;
      await connection.send(response("slow"));
    },
  ]);
  const path = `/main/${++serial}`;
  const reply = exchange(gateway.port, message(path, "POST"));
  // A GET of the same moment is helped in this time: the POST would have been, too.
  await until(() => arrivals === 1);
  scripts = [hangs(), hangs()];
  await exchange(gateway.port, message(`/main/${++serial}`));
  release.resolve();
  expect((await reply).body.toString()).toBe("slow");
  expect(arrivalsOf(path).toSorted()).toEqual([0, 1]);
});

test("without a place in the budget there is no second", async () => {
  order([hangs(), hangs()]);
  const path = `/none/${++serial}`;
  using client = await connect(gateway.port);
  void client.send(message(path));
  await until(() => arrivals === 1);
  scripts = [hangs(), hangs()];
  await exchange(gateway.port, message(`/main/${++serial}`));
  expect(arrivalsOf(path).toSorted()).toEqual([0, 1]);
});

test("a client that leaves ends both", async () => {
  order([hangs(), hangs()]);
  const path = `/main/${++serial}`;
  const client = await connect(gateway.port);
  void client.send(message(path));
  await until(() => arrivals === 2);
  client.reset();
  expect((await lineOf(path)).fields).toMatchObject({ status: 499, attempts: 2 });
  await until(() => open() === 0);
});

test("each of the two has the time of a try", async () => {
  order([hangs(), hangs()]);
  const startedAt = performance.now();
  expect(problemOf(await exchange(gateway.port, message(`/timed/${++serial}`)))).toBe("504 upstream_timeout");
  expect(performance.now() - startedAt).toBeWithin(300, 5_000);
  await until(() => open() === 0);
});

test("p95 learns how long answers take before it asks twice", async () => {
  for (let i = 0; i < 20; i++) await exchange(gateway.port, message(`/learns/${++serial}`));
  order([hangs()]);
  const path = `/learns/${++serial}`;
  expect((await exchange(gateway.port, message(path))).body.toString()).toBe("good");
  expect(arrivalsOf(path)).toEqual([1, 1]);
});
