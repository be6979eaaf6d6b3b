import { expect, test } from "bun:test";
import { startInProcess } from "../support/in-process.ts";
import { exchange } from "../support/raw.ts";
import { replies } from "../support/scripts.ts";
import { startUpstream } from "../support/upstream.ts";

const GET = "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n";
/** Between two requests, whatever becomes of them. */
const EVERY_MS = 25;
const SLOW_MS = 5_000;
/** By then the service has to be as fast as before. */
const RECOVERED_MS = 10_000;

interface Sent {
  /** Since the target became slow. */
  readonly atMs: number;
  readonly status: number;
  readonly tookMs: number;
}

/** Sends requests at a constant rate for so long, and answers how each went. */
async function load(port: number, ms: number): Promise<readonly Sent[]> {
  const started = performance.now();
  const all: Promise<Sent>[] = [];
  for (let next = started; next < started + ms; next += EVERY_MS) {
    await Bun.sleep(Math.max(0, next - performance.now()));
    const sentAt = performance.now();
    all.push(
      exchange(port, GET, { timeout: 20_000 }).then(({ status }) => {
        return { atMs: sentAt - started, status, tookMs: performance.now() - sentAt };
      }),
    );
  }
  return await Promise.all(all);
}

function p99(sent: readonly Sent[]): number {
  const sorted = sent.map(({ tookMs }) => tookMs).toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * 0.99) - 1] ?? Number.NaN;
}

test("of three targets under constant load one slows to 5 s: the p99 has recovered within 10 s, and nothing is lost", async () => {
  using a = startUpstream(replies());
  using b = startUpstream(replies());
  using c = startUpstream(replies());
  await using gateway = await startInProcess(`
services:
  s:
    targets: ${JSON.stringify([a.url, b.url, c.url])}
    balance: round-robin
    outlier-detection: { interval: 1s, latency: { minimum-requests: 5 } }
routes: [{ path: /*, service: s }]
`);
  expect(p99(await load(gateway.port, 1_000))).toBeLessThan(1_000);
  c.answer(async (_, connection) => {
    await Bun.sleep(SLOW_MS);
    await connection.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nslow");
  });
  const sent = await load(gateway.port, RECOVERED_MS + 2_000);
  expect(sent.filter(({ status }) => status !== 200)).toEqual([]);
  const during = sent.filter(({ atMs }) => atMs < SLOW_MS);
  expect(p99(during)).toBeGreaterThan(4_900);
  const after = sent.filter(({ atMs }) => atMs >= RECOVERED_MS);
  expect(after.length).toBeGreaterThan(50);
  expect(p99(after)).toBeLessThan(1_000);
  const ejected = gateway.logs.filter(({ message }) => message.startsWith("a target is ejected"));
  expect(ejected.map(({ fields }) => [fields.target, fields.reason])).toEqual([
    [c.url, "it is much slower than the others"],
  ]);
}, 60_000);
