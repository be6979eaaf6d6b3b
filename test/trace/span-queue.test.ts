import { afterEach, expect, test } from "bun:test";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import { MetricsRegistry } from "../../src/observe/metrics/registry.ts";
import { createTestLasting } from "../../src/testing/lasting.ts";
import type { SendResult } from "../../src/trace/collector.ts";
import { ExportHealth } from "../../src/trace/export-health.ts";
import { SpanQueue, type SpanQueueOptions } from "../../src/trace/span-queue.ts";
import { until } from "../support/until.ts";

const queues: SpanQueue[] = [];
afterEach(async () => {
  await Promise.all(queues.splice(0).map((queue) => queue.close(0)));
});

const TAKEN: SendResult = { kind: "taken", rejected: 0 };
const later = (afterMs = 0): SendResult => ({ kind: "later", reason: "busy", afterMs });

/** The queue looks at none of them. */
const spans = (count: number) => Array.from({ length: count }, (_, i) => ({ name: `${i}` }) as ReadableSpan);

function queueOf(answers: readonly (SendResult | Promise<SendResult>)[], options: Partial<SpanQueueOptions> = {}) {
  const { log, logs } = createTestLasting();
  const metrics = new MetricsRegistry(log);
  const batches: (readonly ReadableSpan[])[] = [];
  const waits: number[] = [];
  const queue = new SpanQueue({
    health: new ExportHealth(log, metrics),
    most: 10_000,
    intervalMs: 1,
    random: () => 0,
    pause: async (ms) => void waits.push(ms),
    send: async (batch) => {
      const answer = answers[batches.length] ?? TAKEN;
      batches.push([...batch]);
      return answer;
    },
    ...options,
  });
  queues.push(queue);
  const counts = () => {
    const family = metrics.collect().find(({ name }) => name === "sluice_trace_spans_total");
    const series = family === undefined || family.type === "histogram" ? [] : family.series;
    return Object.fromEntries(series.map(({ labels, value }) => [labels[0], value]));
  };
  return {
    queue,
    batches,
    waits,
    counts,
    logs,
    put: (count: number) => {
      for (const span of spans(count)) queue.onEnd(span);
    },
  };
}

test("spans are sent in their order, 256 at a time, one batch after the other", async () => {
  const { put, batches, queue } = queueOf([]);
  put(600);
  await queue.forceFlush();
  await until(() => queue.size === 0);
  expect(batches.map(({ length }) => length)).toEqual([256, 256, 88]);
  expect(batches.flat().map(({ name }) => name)).toEqual(
    Array.from({ length: 256 }, (_, i) => `${i}`).concat(Array.from({ length: 344 }, (_, i) => `${i + 256}`)),
  );
});

test("the waits between tries are doubled, less by a part that is drawn, and there are four", async () => {
  const all = [later(), later(), later(), later(), later()];
  const { put, queue, waits, batches, counts } = queueOf(all, { intervalMs: 60_000 });
  put(3);
  await queue.forceFlush();
  expect(waits).toEqual([1_000, 2_000, 4_000, 8_000]);
  expect(batches).toHaveLength(5);
  expect(counts()).toEqual({ exported: 0, failed: 3, dropped: 0 });
  const half = queueOf(all, { random: () => 0.5, intervalMs: 60_000 });
  half.put(1);
  await half.queue.forceFlush();
  expect(half.waits).toEqual([750, 1_500, 3_000, 6_000]);
});

test("a collector may ask for a longer wait, within bounds, but not for a shorter one", async () => {
  const { put, queue, waits } = queueOf([later(5_000), later(10), later(86_400_000)], { intervalMs: 60_000 });
  put(1);
  await queue.forceFlush();
  expect(waits).toEqual([5_000, 2_000, 30_000]);
});

test("while one batch is tried again no other is sent, and what finds no room is dropped", async () => {
  const answer = Promise.withResolvers<SendResult>();
  const { put, batches, counts, queue, logs } = queueOf([answer.promise], { most: 300 });
  put(256);
  await until(() => batches.length === 1);
  put(50);
  expect(queue.size).toBe(300);
  expect(counts()).toEqual({ exported: 0, failed: 0, dropped: 6 });
  expect(batches).toHaveLength(1);
  answer.resolve(TAKEN);
  await until(() => counts().exported === 300);
  expect(logs.map(({ message }) => message)).toEqual(["spans are dropped: too many wait for the collector"]);
});

test("trouble is said once, and how many were lost when it is over", async () => {
  const refused: SendResult = { kind: "refused", reason: "no" };
  const { put, queue, logs } = queueOf([refused, refused, TAKEN], { intervalMs: 60_000 });
  for (const count of [2, 3, 1]) {
    put(count);
    await queue.forceFlush();
  }
  expect(logs).toMatchObject([
    { level: "warn", message: "traces cannot be exported", fields: { reason: "no" } },
    { level: "info", message: "traces are exported again", fields: { failed: 5 } },
  ]);
});

test("at a stop everything is tried once more, without a wait, and then nothing is taken", async () => {
  const paused = Promise.withResolvers<void>();
  const pause = (_: number, signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      paused.resolve();
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
  const { put, queue, batches, counts } = queueOf([later(), TAKEN, later()], { pause });
  put(600);
  await paused.promise;
  await queue.close(5_000);
  expect(batches.map(({ length }) => length)).toEqual([256, 256, 256, 88]);
  expect(counts()).toEqual({ exported: 344, failed: 256, dropped: 0 });
  put(1);
  expect(counts()).toMatchObject({ dropped: 1 });
});

test("a stop ends in its time, and counts what was left", async () => {
  const { put, queue, counts } = queueOf([], {
    intervalMs: 60_000,
    send: (_, signal) =>
      new Promise((resolve) => {
        if (signal.aborted) resolve(later());
        signal.addEventListener("abort", () => resolve(later()), { once: true });
      }),
  });
  put(200);
  await queue.close(20);
  expect(counts()).toEqual({ exported: 0, failed: 200, dropped: 0 });
});
