import { expect, test } from "bun:test";
import fc from "fast-check";
import { startInProcess } from "../support/in-process.ts";
import { connect } from "../support/raw.ts";
import { closes, closesAfter, hangs, replies, resets, response, sendsGarbage } from "../support/scripts.ts";
import { type Script, startUpstream, type Upstream } from "../support/upstream.ts";

/*
 * With retries, hedges, breakers that open and close, and a fallback to another service, at random: no POST or PATCH comes
 * to all targets together more than once. They count a request as soon as its head is there.
 */
const SCRIPTS: Readonly<Record<string, Script>> = {
  good: replies(response("good")),
  closes: closes(),
  resets: resets(),
  hangs: hangs(),
  "in the head": closesAfter("HTTP/1.1 200 OK\r\nConte", "reset"),
  garbage: sendsGarbage(200),
  unavailable: replies(response("", { status: 503, reason: "No" })),
};

const request = fc.record({
  method: fc.constantFrom("POST", "PATCH", "GET", "PUT"),
  isWhole: fc.boolean(),
  leaves: fc.boolean(),
  /** The time that passes before it. */
  after: fc.constantFrom(0, 0, 0, 2_000),
});

test("a POST is never sent twice, whatever happens", async () => {
  let schedule: readonly string[] = ["good"];
  let arrivals = 0;
  let serial = 0;
  const scheduled: Script = (one, connection) =>
    SCRIPTS[schedule[arrivals++ % schedule.length] ?? "good"]?.(one, connection);
  using cleanup = new DisposableStack();
  const start = () => cleanup.use(startUpstream(scheduled, { atHead: true }));
  const upstreams: readonly Upstream[] = [start(), start(), start()];
  const [first, second, spare] = upstreams.map(({ url }) => url);
  await using gateway = await startInProcess(`
services:
  main:
    targets: ["${first}", "${second}"]
    timeouts: { response: 60ms }
    plugins:
      retry: { per-try-timeout: 40ms, backoff: { base: 1ms, max: 2ms }, budget: { minimum: 10000 }, hedge: { after: 10ms } }
      circuit-breaker: { consecutive-failures: 2, open: 1s, max-open: 2s, fallback: { on: failure, service: spare } }
  spare: { targets: ["${spare}"], timeouts: { response: 60ms } }
routes: [{ path: /*, service: main }]
`);

  const once: string[] = [];
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(...Object.keys(SCRIPTS)), { minLength: 1, maxLength: 8 }),
      fc.array(request, { minLength: 1, maxLength: 10 }),
      async (faults, requests) => {
        schedule = faults;
        arrivals = 0;
        for (const { method, isWhole, leaves, after } of requests) {
          gateway.clock.advance(after);
          const path = `/${++serial}`;
          if (method === "POST" || method === "PATCH") once.push(path);
          using client = await connect(gateway.port);
          await client.send(
            `${method} ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n${isWhole ? "body" : "bo"}`,
          );
          if (!isWhole) await client.send("dy");
          if (leaves) client.reset();
          else
            await client.readUntil(/^HTTP\/1\.1 \d{3}[\s\S]*?\r\n\r\n/).catch(() => expect(client.isClosed).toBe(true));
        }
      },
    ),
    { numRuns: 50 },
  );
  // What clients have left behind is over, too.
  await gateway.stop();
  const arrived = upstreams.flatMap(({ requests }) => requests).map(({ target }) => target);
  const counts = new Map([...Map.groupBy(arrived, (path) => path)].map(([path, all]) => [path, all.length]));
  expect(once.filter((path) => (counts.get(path) ?? 0) > 1)).toEqual([]);
  expect([...counts.values()].filter((count) => count > 1).length).toBeGreaterThan(10);
  const changes = gateway.logs.map(({ fields }) => fields.to);
  for (const state of ["open", "half-open", "closed"]) expect(changes).toContain(state);
  expect(upstreams[2]?.requests.length).toBeGreaterThan(0);
}, 60_000);
