import { expect, test } from "bun:test";
import { createTestLasting } from "../../../src/testing/lasting.ts";
import { backOffMs, systemClock } from "../../../src/upstream/discovery/clock.ts";
import { Discovery } from "../../../src/upstream/discovery/discovery.ts";
import { Membership } from "../../../src/upstream/discovery/membership.ts";
import type { SourceSink } from "../../../src/upstream/discovery/source.ts";
import { until } from "../../support/until.ts";
import { targetOf } from "../support.ts";
import { manualClock } from "./support.ts";

const A = { url: "http://a", weight: 1 };
const B = { url: "http://b", weight: 1 };

/** A discovery whose source does what the test says. */
function setup() {
  const clock = manualClock();
  const { log, logs } = createTestLasting();
  const begun: { sink: SourceSink; signal: AbortSignal; end: (error?: Error) => void }[] = [];
  const follow = (sink: SourceSink, signal: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      begun.push({ sink, signal, end: (error) => (error === undefined ? resolve() : reject(error)) });
    });
  const members = new Membership([], (url) => targetOf(url), clock.now);
  const changes: (readonly string[])[] = [];
  const onChange = () => void changes.push(members.targets.map(({ url }) => url));
  const source = { label: "test users", follow };
  const discovery = new Discovery({ service: "users", source, members, onChange, log, clock });
  const started = discovery.start();
  const latest = () => {
    const run = begun.at(-1);
    if (run === undefined) throw new Error("the source has begun");
    return run;
  };
  const written = () =>
    logs.map(({ level, message, fields }) => {
      const { service: _, source: __, ...rest } = fields;
      return [level, message, JSON.parse(JSON.stringify(rest))];
    });
  return { clock, begun, latest, discovery, started, changes, written };
}

test("an answer changes the targets, is logged, and ends the wait at the start", async () => {
  const { latest, discovery, started, changes, written, clock } = setup();
  latest().sink.found([A, B]);
  await started;
  latest().sink.found([B, A]);
  clock.advance(500);
  latest().sink.found([B]);
  expect(changes).toEqual([["http://a", "http://b"], ["http://b"]]);
  expect(written()).toEqual([
    ["info", "targets changed", { added: ["http://a", "http://b"], targets: 2 }],
    ["info", "targets changed", { removed: ["http://a"], targets: 1 }],
  ]);
  expect(discovery.report).toEqual({
    source: "test users",
    lastSuccess: clock.now(),
    lastError: undefined,
    draining: 0,
  });
});

test("a failure ends the wait too; the old targets stay, and it is logged once until it is another", async () => {
  const { latest, begun, discovery, started, changes, written, clock } = setup();
  latest().end(new Error("refused"));
  await started;
  expect(discovery.report.lastError).toEqual({ message: "refused", at: clock.now() });
  clock.advance(await clock.nextSleep());
  await until(() => begun.length === 2);
  latest().sink.found([A]);
  latest().end(new Error("refused"));
  clock.advance(await clock.nextSleep());
  await until(() => begun.length === 3);
  latest().sink.failed(new Error("garbage"));
  expect(changes).toEqual([["http://a"]]);
  const failure = "targets cannot be discovered: the old ones stay";
  expect(written()).toEqual([
    ["warn", failure, { reason: "refused" }],
    ["info", "targets are discovered again", {}],
    ["info", "targets changed", { added: ["http://a"], targets: 1 }],
    ["warn", failure, { reason: "garbage" }],
  ]);
});

test("failures in a row make the pauses longer, a success short again", async () => {
  const { latest, begun, clock } = setup();
  const pauses: number[] = [];
  const fail = async () => {
    const count = begun.length;
    latest().end(new Error("refused"));
    pauses.push(await clock.nextSleep());
    clock.advance(30_000);
    await until(() => begun.length === count + 1);
  };
  for (let i = 0; i < 8; i++) await fail();
  latest().sink.found([A]);
  await fail();
  expect(pauses).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 500]);
});

test("pauses are a random half shorter at most", () => {
  expect([0, 0.5, 1].map((chance) => backOffMs(3, () => chance))).toEqual([1_000, 1_500, 2_000]);
});

test("nothing is told or tried after a stop", async () => {
  const { latest, begun, discovery, changes, written, clock } = setup();
  const { sink, signal, end } = latest();
  discovery.stop();
  expect(signal.aborted).toBe(true);
  sink.found([A]);
  sink.failed(new Error("too late"));
  end(new Error("aborted"));
  await until(() => clock.sleeping.length === 0);
  expect([begun.length, changes, written()]).toEqual([1, [], []]);
});

test("one line names a bounded number of targets", async () => {
  const { latest, written } = setup();
  latest().sink.found(Array.from({ length: 30 }, (_, i) => ({ url: `http://t${10 + i}`, weight: 1 })));
  const [[, , fields] = []] = written();
  expect(fields).toEqual({ added: expect.any(Array), targets: 30 });
  expect((fields as { added: string[] }).added.slice(19)).toEqual(["http://t29", "and 10 more"]);
});

test("the system's clock sleeps until the signal aborts", async () => {
  const abort = new AbortController();
  const slept = systemClock.sleep(60_000, abort.signal);
  abort.abort();
  await slept;
  await systemClock.sleep(60_000, abort.signal);
  const before = performance.now();
  await systemClock.sleep(20, new AbortController().signal);
  expect(performance.now() - before).toBeGreaterThan(15);
});
