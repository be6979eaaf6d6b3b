import { expect, test } from "bun:test";
import { Fill } from "../../../plugins/cache/fill.ts";
import { GatewayError } from "../../../src/errors.ts";
import { Timeout, timeoutQueue } from "../../../src/timeouts.ts";
import { recordingSink } from "../../http1/recording.ts";
import { ManualSource } from "../../message/manual-source.ts";
import { until } from "../../support/until.ts";

/** A fill of a source that the test drives, with room for so many bytes. */
function start({ limit = 100, room = 100, length }: { limit?: number; room?: number; length?: number } = {}) {
  const source = new ManualSource(length);
  const told: string[] = [];
  let borrowed = 0;
  const fill = new Fill(
    source,
    limit,
    {
      borrow: (bytes) => {
        if (borrowed + bytes > room) return false;
        borrowed += bytes;
        return true;
      },
      giveBack: (bytes) => {
        borrowed -= bytes;
      },
      onComplete: (chunks, length) => told.push(`stored ${Buffer.concat(chunks).toString().slice(0, length)}`),
      onAbandon: (isBroken) => told.push(isBroken ? "broken" : "refused"),
    },
    timeoutQueue(30),
    timeoutQueue(20),
  );
  fill.start();
  return { source, fill, told, borrowed: () => borrowed };
}

const GONE = new GatewayError("client_closed");

test("readers get all of it from the beginning, and it is stored", () => {
  const { source, fill, told, borrowed } = start({ length: 4 });
  const early = recordingSink();
  fill.open()?.start(early);
  source.write("ab");
  expect(borrowed()).toBe(2);
  const late = recordingSink();
  const reader = fill.open();
  expect(reader?.length).toBe(4);
  reader?.start(late);
  source.write("cd");
  source.sink.end();
  expect([early.events, late.events]).toEqual([
    ["ab", "cd", "end"],
    ["ab", "cd", "end"],
  ]);
  expect([told, borrowed()]).toEqual([["stored abcd"], 0]);
});

test("a reader that takes no more stops neither the others nor the storing, and gets the rest later", () => {
  const { source, fill, told } = start();
  const slow = recordingSink(() => false);
  const reader = fill.open();
  reader?.start(slow);
  const quick = recordingSink();
  fill.open()?.start(quick);
  for (const text of ["a", "b", "c"]) expect(source.write(text)).toBe(true);
  source.sink.end();
  expect([slow.events, quick.events, told]).toEqual([["a"], ["a", "b", "c", "end"], ["stored abc"]]);
  reader?.resume();
  reader?.resume();
  expect(slow.events).toEqual(["a", "b", "c"]);
  reader?.resume();
  expect(slow.events).toEqual(["a", "b", "c", "end"]);
});

test.each([
  ["longer than the limit", { limit: 3 }],
  ["there is no room", { room: 3 }],
])("what is not stored goes on, without keeping what all have read: %s", (_, options) => {
  const { source, fill, told, borrowed } = start(options);
  const sink = recordingSink();
  fill.open()?.start(sink);
  source.write("ab");
  source.write("cd");
  expect([told, borrowed()]).toEqual([["refused"], 0]);
  expect(fill.open()).toBeUndefined();
  source.write("ef");
  source.sink.end();
  expect(sink.events).toEqual(["ab", "cd", "ef", "end"]);
  expect(told).toEqual(["refused"]);
});

test("what is not stored comes at the pace of the slowest reader", () => {
  const { source, fill } = start({ limit: 1 });
  const slow = recordingSink(() => false);
  const reader = fill.open();
  reader?.start(slow);
  fill.open()?.start(recordingSink());
  const block = "x".repeat(100_000);
  expect(source.write(block)).toBe(true);
  expect(source.write(block)).toBe(true);
  expect(source.write(block)).toBe(true);
  expect(source.write(block)).toBe(false);
  expect(source.calls).toEqual(["start"]);
  reader?.resume();
  expect(source.calls).toEqual(["start", "resume"]);
});

test("a reader that leaves no longer counts as the slowest", () => {
  const { source, fill } = start({ limit: 1 });
  const reader = fill.open();
  reader?.start(recordingSink(() => false));
  fill.open()?.start(recordingSink());
  source.write("x".repeat(100_000));
  source.write("x".repeat(300_000));
  reader?.cancel(GONE);
  expect(source.calls).toEqual(["start", "resume"]);
});

/** Resolves when those that began to hold up others before have done so for too long. */
const heldUpTooLong = () =>
  new Promise<void>((resolve) => new Timeout({ onTimeout: () => resolve() }).set(timeoutQueue(20)));

/** A fill that stands still for the readers that are opened and told to take no more. */
function startStill() {
  const started = start({ limit: 1 });
  const { source, fill } = started;
  const quick = recordingSink();
  const waiting = fill.open();
  waiting?.start(quick);
  return {
    ...started,
    waiting,
    quick,
    /** Far more than one may be ahead. */
    fillUp: () => {
      expect(source.write("first")).toBe(true);
      expect(source.write("x".repeat(300_000))).toBe(false);
    },
  };
}

test("readers that take nothing are left behind if another waits, whether they have been started or not", async () => {
  const { source, fill, quick, fillUp } = startStill();
  const still = recordingSink(() => false);
  const reader = fill.open();
  reader?.start(still);
  const later = fill.open();
  fillUp();
  later?.start(recordingSink(() => false));
  const unstarted = startStill();
  const never = unstarted.fill.open();
  unstarted.fillUp();
  await heldUpTooLong();
  expect(still.events).toEqual(["first", "fail client_closed"]);
  for (const { calls } of [source, unstarted.source]) expect(calls).toEqual(["start", "resume"]);
  const neverSink = recordingSink();
  never?.start(neverSink);
  expect(neverSink.events).toEqual(["fail client_closed"]);
  // What they say afterwards is of no account.
  reader?.resume();
  reader?.cancel(GONE);
  expect(source.write("last")).toBe(true);
  source.sink.end();
  expect(quick.events.slice(-2)).toEqual(["last", "end"]);
  expect(still.events).toHaveLength(2);
});

test("a reader that takes something in time is not left behind, nor one for which nobody waits", async () => {
  const { source, fill, waiting, fillUp } = startStill();
  const still = recordingSink(() => false);
  fill.open()?.start(still);
  fillUp();
  waiting?.cancel(GONE);
  await heldUpTooLong();
  expect([still.events, source.calls]).toEqual([["first"], ["start"]]);
  const other = startStill();
  const slow = recordingSink(() => false);
  const reader = other.fill.open();
  reader?.start(slow);
  other.fillUp();
  reader?.resume();
  expect(other.source.calls).toEqual(["start", "resume"]);
  await heldUpTooLong();
  expect(slow.events).toHaveLength(2);
});

test("the time begins anew whenever the slowest has taken something", async () => {
  const { source, fill, fillUp } = startStill();
  const slow = recordingSink(() => false);
  const reader = fill.open();
  reader?.start(slow);
  fillUp();
  source.write("x".repeat(300_000));
  let count = 0;
  new Timeout({ onTimeout: () => (count = slow.events.length) }).set(timeoutQueue(20));
  reader?.resume();
  expect(source.calls).toEqual(["start"]);
  await heldUpTooLong();
  expect(count).toBe(2);
  expect(slow.events.at(-1)).toBe("fail client_closed");
  expect(source.calls).toEqual(["start", "resume"]);
});

test("a reader that is started late, and takes all there is, lets the content go on", () => {
  const { source, fill, fillUp } = startStill();
  const reader = fill.open();
  fillUp();
  reader?.start(recordingSink());
  expect(source.calls).toEqual(["start", "resume"]);
});

test("what is stored is fetched on when all have left; what is not is given up", () => {
  const stored = start();
  stored.fill.open()?.cancel(GONE);
  stored.source.write("ab");
  stored.source.sink.end();
  expect([stored.source.calls, stored.told]).toEqual([["start"], ["stored ab"]]);
  const other = start({ limit: 1 });
  const reader = other.fill.open();
  reader?.start(recordingSink());
  other.source.write("ab");
  reader?.cancel(GONE);
  expect(other.source.calls).toEqual(["start", "cancel client_closed"]);
  expect(other.borrowed()).toBe(0);
});

test("what is stored is given up after a while if nobody waits for it, but not if somebody comes in time", async () => {
  const { fill, source, told, borrowed } = start();
  source.write("ab");
  fill.open()?.cancel(GONE);
  const late = fill.open();
  const other = start();
  other.fill.open()?.cancel(GONE);
  await until(() => other.told.length === 1);
  expect([other.source.calls, source.calls]).toEqual([["start", "cancel client_closed"], ["start"]]);
  late?.cancel(GONE);
  await until(() => told.length === 1);
  expect([source.calls, told, borrowed()]).toEqual([["start", "cancel client_closed"], ["broken"], 0]);
});

test("a failure is everybody's, also of those who come later, behind what came before it", () => {
  const { source, fill, told, borrowed } = start();
  const sink = recordingSink();
  fill.open()?.start(sink);
  source.write("ab");
  const late = fill.open();
  source.sink.fail(new GatewayError("upstream_reset"));
  const lateSink = recordingSink();
  late?.start(lateSink);
  expect([sink.events, lateSink.events]).toEqual([
    ["ab", "fail upstream_reset"],
    ["ab", "fail upstream_reset"],
  ]);
  expect([told, borrowed()]).toEqual([["broken"], 0]);
});

test("a sink may resume or cancel its reader from within a write", () => {
  const { source, fill } = start();
  const reader = fill.open();
  const resuming = recordingSink(() => {
    reader?.resume();
    return true;
  });
  reader?.start(resuming);
  const other = fill.open();
  const leaving = recordingSink(() => {
    other?.cancel(GONE);
    return true;
  });
  other?.start(leaving);
  source.write("ab");
  source.write("cd");
  source.sink.end();
  expect([resuming.events, leaving.events]).toEqual([["ab", "cd", "end"], ["ab"]]);
});
