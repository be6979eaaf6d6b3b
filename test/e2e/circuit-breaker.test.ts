import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { FAULTS } from "../support/faults.ts";
import { type InProcessGateway, startInProcess } from "../support/in-process.ts";
import type { RawResponse } from "../support/messages.ts";
import { problemOf } from "../support/problem.ts";
import { connect, exchange } from "../support/raw.ts";
import { hangs, replies, response } from "../support/scripts.ts";
import { until } from "../support/until.ts";
import { type Script, startUpstream, type Upstream } from "../support/upstream.ts";

/* A breaker opens after three failures here. The clock of its times is moved by the tests. */

const cleanup = new AsyncDisposableStack();
let gateway: InProcessGateway;
let serial = 0;

/** Long enough that a good answer is not slow on a busy machine. */
const SLOW_MS = 300;

/** For each kind of test targets of its own, so that no breaker is met twice. */
const SERVICES = {
  one: { targets: 1, more: "", plugins: "" },
  pair: { targets: 2, more: "", plugins: "" },
  retried: { targets: 2, more: "", plugins: "retry: { backoff: { base: 1ms, max: 1ms } }," },
  both: { targets: 2, more: "", plugins: "retry: { backoff: { base: 20s, max: 20s } }," },
  probed: { targets: 2, more: "", plugins: "" },
  whole: { targets: 2, more: ", scope: service", plugins: "" },
  slow: { targets: 1, more: `, slow-call: ${SLOW_MS}ms, minimum-calls: 3, consecutive-failures: 0`, plugins: "" },
  upload: { targets: 1, more: `, slow-call: ${SLOW_MS}ms, minimum-calls: 3, consecutive-failures: 0`, plugins: "" },
  ratio: { targets: 1, more: ", minimum-calls: 10, consecutive-failures: 0", plugins: "" },
} as const;

type Name = keyof typeof SERVICES;
const upstreams = new Map<Name, readonly Upstream[]>();

beforeAll(async () => {
  const names = Object.keys(SERVICES) as Name[];
  const service = (name: Name) => {
    const { targets, more, plugins } = SERVICES[name];
    const own = Array.from({ length: targets }, () => cleanup.use(startUpstream(replies(response("good")))));
    upstreams.set(name, own);
    const urls = own.map(({ url }) => `"${url}"`).join(", ");
    const breaker = more.includes("consecutive") ? more.slice(2) : `consecutive-failures: 3${more}`;
    return `
  ${name}:
    targets: [${urls}]
    pool: { max-age: 0s }
    timeouts: { response: 5s }
    plugins: { ${plugins} circuit-breaker: { ${breaker} } }`;
  };
  gateway = cleanup.use(
    await startInProcess(`
services:${names.map(service).join("")}
routes: [${names.map((name) => `{ path: /${name}/*, service: ${name} }`).join(", ")}]
`),
  );
});

afterAll(() => cleanup.disposeAsync());

const bad: Script = replies(response("bad", { status: 503, reason: "No" }));
const good: Script = replies(response("good"));

function targetsOf(name: Name): readonly [Upstream, Upstream] {
  const [first, second] = upstreams.get(name) ?? [];
  if (first === undefined) throw new Error(`${name} has no targets`);
  return [first, second ?? first];
}

function ask(name: Name, method = "GET"): Promise<RawResponse> {
  const head = `${method} /${name}/${++serial} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`;
  return exchange(gateway.port, head);
}

/** Status and body, or the gateway's own code, of requests one after the other. */
async function askTimes(count: number, name: Name): Promise<string[]> {
  const answers: string[] = [];
  for (let i = 0; i < count; i++) {
    const reply = await ask(name);
    const isOwn = reply.header("content-type") === "application/problem+json";
    answers.push(isOwn ? problemOf(reply) : `${reply.status} ${reply.body}`);
  }
  return answers;
}

describe("one target", () => {
  test("that fails is not asked while the breaker is open, then by one probe, and is back when that is good", async () => {
    const [target] = targetsOf("one");
    target.answer(bad);
    expect(await askTimes(4, "one")).toEqual(["503 bad", "503 bad", "503 bad", "503 circuit_open"]);
    gateway.clock.advance(4_500);
    expect((await ask("one")).header("retry-after")).toBe("6");
    expect(target.requests).toHaveLength(3);

    gateway.clock.advance(5_500);
    expect(await askTimes(2, "one")).toEqual(["503 bad", "503 circuit_open"]);
    gateway.clock.advance(19_999);
    expect((await ask("one")).header("retry-after")).toBe("1");

    gateway.clock.advance(1);
    target.answer(good);
    expect(await askTimes(5, "one")).toEqual(Array(5).fill("200 good"));
    expect(gateway.logs.filter(({ fields }) => fields.service === "one").map(({ fields }) => fields)).toMatchObject([
      { from: "closed", to: "open", target: target.url, reason: "3 failures in a row, the last: 503", openMs: 10_000 },
      { from: "open", to: "half-open" },
      { from: "half-open", to: "open", reason: "a probe has failed: 503", openMs: 20_000 },
      { from: "open", to: "half-open" },
      { from: "half-open", to: "closed", reason: "probes have succeeded" },
    ]);
  });

  test("that is slow is not asked, though every reply is good", async () => {
    const [target] = targetsOf("slow");
    target.answer(async (request, connection) => {
      await Bun.sleep(SLOW_MS + 10);
      await good(request, connection);
    });
    expect(await askTimes(4, "slow")).toEqual(["200 good", "200 good", "200 good", "503 circuit_open"]);
    gateway.clock.advance(10_000);
    expect(await askTimes(2, "slow")).toEqual(["200 good", "503 circuit_open"]);
    gateway.clock.advance(20_000);
    target.answer(good);
    expect(await askTimes(2, "slow")).toEqual(["200 good", "200 good"]);
  });

  test("that waits for its clients to send is not slow", async () => {
    const [target] = targetsOf("upload");
    const upload = async () => {
      using client = await connect(gateway.port);
      await client.send(`POST /upload/${++serial} HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbo`);
      await target.waitForConnections(1);
      await Bun.sleep(SLOW_MS + 10);
      await client.send("dy");
      return (await client.readResponse()).status;
    };
    expect(await Promise.all(Array.from({ length: 6 }, upload))).toEqual(Array(6).fill(200));
    expect(await askTimes(1, "upload")).toEqual(["200 good"]);
  });

  test("that fails half of the time is not asked", async () => {
    const [target] = targetsOf("ratio");
    target.answer((request, connection) => (request.target.endsWith("/bad") ? bad : good)(request, connection));
    const say = (path: string) => exchange(gateway.port, `GET /ratio/${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
    for (let i = 0; i < 5; i++) {
      expect((await say("bad")).status).toBe(503);
      expect((await say("good")).status).toBe(200);
    }
    expect(problemOf(await say("good"))).toBe("503 circuit_open");
  });
});

describe("two targets", () => {
  test("of which one fails: all go to the other, but for a probe each time it is due", async () => {
    const [first, second] = targetsOf("pair");
    first.answer(bad);
    await askTimes(6, "pair");
    expect(first.requests).toHaveLength(3);
    expect(await askTimes(20, "pair")).toEqual(Array(20).fill("200 good"));
    expect(first.requests).toHaveLength(3);
    gateway.clock.advance(10_000);
    await askTimes(10, "pair");
    expect(first.requests).toHaveLength(4);
    expect(second.requests.length).toBe(36 - 4);
  });

  test("of which one fails: with retry no client sees it", async () => {
    const [first] = targetsOf("retried");
    first.answer(bad);
    expect(await askTimes(30, "retried")).toEqual(Array(30).fill("200 good"));
    expect(first.requests).toHaveLength(3);
  });

  test("that both fail: circuit_open at once, not after waits between retries", async () => {
    for (const target of targetsOf("both")) target.answer(replies(response("x", { status: 500, reason: "No" })));
    await askTimes(6, "both");
    const startedAt = performance.now();
    expect(await askTimes(3, "both")).toEqual(Array(3).fill("503 circuit_open"));
    // One wait would be 20 s.
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    expect(targetsOf("both").map(({ requests }) => requests.length)).toEqual([3, 3]);
  });

  test("of which one hangs on its probe: all others go to the other, and the place is free in time", async () => {
    const [first] = targetsOf("probed");
    first.answer(bad);
    await askTimes(6, "probed");
    first.answer(hangs());
    gateway.clock.advance(10_000);
    const clients = await Promise.all([1, 2].map(() => connect(gateway.port)));
    for (const client of clients) void client.send(`GET /probed/${++serial} HTTP/1.1\r\nHost: a\r\n\r\n`);
    await until(() => first.requests.length === 4);
    expect(await askTimes(20, "probed")).toEqual(Array(20).fill("200 good"));
    expect(first.requests).toHaveLength(4);

    gateway.clock.advance(10_000);
    first.answer(good);
    await askTimes(2, "probed");
    expect(first.requests).toHaveLength(5);
    await askTimes(4, "probed");
    expect(first.requests).toHaveLength(7);
    for (const client of clients) client.reset();
  });

  test("have one breaker with scope: service", async () => {
    const [first, second] = targetsOf("whole");
    first.answer(bad);
    second.answer(bad);
    expect(await askTimes(5, "whole")).toEqual([...Array(3).fill("503 bad"), ...Array(2).fill("503 circuit_open")]);
    expect(first.requests.length + second.requests.length).toBe(3);
    expect(gateway.logs.find(({ fields }) => fields.service === "whole")?.fields.target).toBeUndefined();
  });
});

/** What counts besides what retry tries again: the status 500 does, a body that breaks off does not. */
const COUNTED = FAULTS.map((fault) => ({ ...fault, counts: fault.isRetried || /50[03]/.test(fault.what) }));

describe.each(COUNTED.map((fault) => [fault.what, fault] as const))("a target that %s", (_, fault) => {
  test(fault.counts ? "opens its breaker" : "does not open it", async () => {
    using target = startUpstream(fault.script ?? hangs());
    if (fault.script === undefined) target.stop();
    await using own = await startInProcess(`
services:
  main:
    targets: ["http://127.0.0.1:${target.port}"]
    pool: { max-age: 0s }
    timeouts: { response: ${fault.alone.includes("timeout") ? "200ms" : "10s"} }
    plugins: { circuit-breaker: { consecutive-failures: 2 } }
routes: [{ path: /*, service: main }]
`);
    for (let i = 0; i < 2; i++) {
      using client = await connect(own.port);
      void client.send("POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
      await client.readAll();
    }
    using client = await connect(own.port);
    void client.send("POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    const text = (await client.readAll()).toString("latin1");
    expect(text.includes("circuit_open")).toBe(fault.counts);
    expect(target.requests).toHaveLength(fault.script === undefined ? 0 : fault.counts ? 2 : 3);
  });
});
