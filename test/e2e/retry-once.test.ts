import { afterAll, beforeAll, expect, test } from "bun:test";
import fc from "fast-check";
import { type InProcessGateway, startInProcess } from "../support/in-process.ts";
import { connect, exchange } from "../support/raw.ts";
import { closes, closesAfter, hangs, replies, resets, response, sendsGarbage } from "../support/scripts.ts";
import { type Script, startUpstream, type Upstream } from "../support/upstream.ts";

/*
 * Whatever two targets do wrong, at random, and whatever state the gateway's connections to them are in: no POST or PATCH
 * comes to them twice, and nothing comes more often than is allowed. The targets count a request as soon as its head is there.
 */
const ATTEMPTS = 3;
const SCRIPTS: Readonly<Record<string, Script>> = {
  good: replies(response("good")),
  "good, then closes": closesAfter(response("good")),
  closes: closes(),
  resets: resets(),
  hangs: hangs(),
  "in the head": closesAfter("HTTP/1.1 200 OK\r\nConte", "reset"),
  "in the body": closesAfter("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", "reset"),
  garbage: sendsGarbage(200),
  unavailable: replies(response("", { status: 503, reason: "No" })),
  "come soon": replies(response("", { status: 503, reason: "No", headers: [["Retry-After", "0"]] })),
};

const cleanup = new AsyncDisposableStack();
let gateway: InProcessGateway;
let targets: readonly Upstream[];
let schedule: readonly string[] = [];
let arrivals = 0;
let serial = 0;

/** Each request that arrives gets the next fault, wherever it arrives. */
const scheduled: Script = (request, connection) => {
  const name = schedule[arrivals++ % schedule.length] ?? "good";
  return SCRIPTS[name]?.(request, connection);
};

beforeAll(async () => {
  targets = [1, 2].map(() => cleanup.use(startUpstream(scheduled, { atHead: true })));
  gateway = cleanup.use(
    await startInProcess(`
services:
  main:
    targets: [${targets.map(({ url }) => `"${url}"`).join(", ")}]
    timeouts: { response: 60ms }
    plugins:
      retry:
        attempts: ${ATTEMPTS}
        per-try-timeout: 40ms
        backoff: { base: 1ms, max: 2ms }
        budget: { minimum: 10000 }
        hedge: { after: 10ms }
routes: [{ path: /*, service: main }]
`),
  );
});

afterAll(() => cleanup.disposeAsync());

function arrivalsOf(path: string): number {
  return targets.flatMap(({ requests }) => requests).filter(({ target }) => target === path).length;
}

interface Sent {
  readonly method: string;
  readonly body: "none" | "with the head" | "later" | "in chunks";
  readonly leaves: boolean;
}

/** Of each request that was sent, how often it may come to the targets. */
const mostOf = new Map<string, number>();

async function send({ method, body, leaves }: Sent): Promise<void> {
  const path = `/${++serial}`;
  const isOnce = method === "POST" || method === "PATCH" || body === "in chunks";
  // The gateway's own repeat on a connection that was closed is never refused: it may be one more than asked for.
  mostOf.set(path, isOnce ? 1 : ATTEMPTS + 1);
  const head = `${method} ${path} HTTP/1.1\r\nHost: a\r\n`;
  using client = await connect(gateway.port);
  if (body === "none") void client.send(`${head}\r\n`);
  if (body === "with the head") void client.send(`${head}Content-Length: 4\r\n\r\nbody`);
  if (body === "later") {
    await client.send(`${head}Content-Length: 4\r\n\r\nbo`);
    await client.send("dy");
  }
  if (body === "in chunks") {
    await client.send(`${head}Transfer-Encoding: chunked\r\n\r\n2\r\nbo\r\n`);
    await client.send("2\r\ndy\r\n0\r\n\r\n");
  }
  if (leaves) client.reset();
  else await client.readUntil(/^HTTP\/1\.1 \d{3}[\s\S]*?\r\n\r\n/).catch(() => expect(client.isClosed).toBe(true));
}

/** Leaves idle connections to both targets: those may turn out to have been closed. */
async function warmUp(): Promise<void> {
  schedule = ["good"];
  await Promise.all(Array.from({ length: 6 }, () => send({ method: "GET", body: "none", leaves: false })));
}

test("a POST is never sent twice, whatever happens", async () => {
  const sent = fc.record({
    method: fc.constantFrom("POST", "PATCH", "GET", "PUT"),
    body: fc.constantFrom<Sent["body"]>("none", "with the head", "later", "in chunks"),
    leaves: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(...Object.keys(SCRIPTS)), { minLength: 1, maxLength: 8 }),
      fc.array(sent, { minLength: 1, maxLength: 8 }),
      async (faults, requests) => {
        await warmUp();
        schedule = faults;
        arrivals = 0;
        await Promise.all(requests.map(send));
      },
    ),
    { numRuns: 60 },
  );
  schedule = ["good"];
  expect((await exchange(gateway.port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")).body.toString()).toBe("good");
  // Nothing is under way any more: what clients have left behind is counted, too.
  await gateway.stop();
  const tooMany = [...mostOf].filter(([path, most]) => arrivalsOf(path) > most);
  expect(tooMany).toEqual([]);
  const repeated = [...mostOf].filter(([path]) => arrivalsOf(path) > 1);
  expect(repeated.length).toBeGreaterThan(10);
}, 60_000);
