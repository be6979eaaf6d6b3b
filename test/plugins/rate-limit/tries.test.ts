import { expect, test } from "bun:test";
import { type Room, Tries } from "../../../plugins/rate-limit/tries.ts";

/** Room for so many failures; without any the client is barred for 7 s. */
function roomFor(left: number): Room & { left(key: string): number; set(left: number): void } {
  let now = left;
  return {
    left: () => now,
    barredMs: () => 7_000,
    set: (next) => {
      now = next;
    },
  };
}

const never = () => new AbortController().signal;

/** What is known of a promise without waiting for it. */
async function stateOf(pending: number | Promise<number>): Promise<number | "waits"> {
  return await Promise.race([pending, new Promise<"waits">((resolve) => setImmediate(resolve, "waits"))]);
}

test("as many are let in as may fail, the others in turn when somebody leaves", async () => {
  const [tries, room] = [new Tries(), roomFor(2)];
  expect([tries.enter("a", room, never), tries.enter("a", room, never), tries.enter("b", room, never)]).toEqual([
    0, 0, 0,
  ]);
  const [third, fourth] = [tries.enter("a", room, never), tries.enter("a", room, never)];
  expect([await stateOf(third), await stateOf(fourth)]).toEqual(["waits", "waits"]);
  tries.leave("a", room);
  expect([await stateOf(third), await stateOf(fourth)]).toEqual([0, "waits"]);
  tries.leave("a", room);
  expect(await stateOf(fourth)).toBe(0);
});

test("all who wait are refused when there is no room any more, and so is who comes then", async () => {
  const [tries, room] = [new Tries(), roomFor(1)];
  tries.enter("a", room, never);
  const waiting = [tries.enter("a", room, never), tries.enter("a", room, never)];
  room.set(0);
  tries.leave("a", room);
  expect(await Promise.all(waiting)).toEqual([7_000, 7_000]);
  expect(tries.enter("a", room, never)).toBe(7_000);
  room.set(1);
  expect(tries.enter("a", room, never)).toBe(0);
});

test("who stops waiting is not let in, and the next in turn is", async () => {
  const [tries, room] = [new Tries(), roomFor(1)];
  const client = new AbortController();
  tries.enter("a", room, never);
  const gone = tries.enter("a", room, () => client.signal);
  const next = tries.enter("a", room, never);
  client.abort();
  expect(await stateOf(gone)).toBe(1_000);
  tries.leave("a", room);
  expect(await stateOf(next)).toBe(0);
});

test("a thousand wait for an address at most", async () => {
  const [tries, room] = [new Tries(), roomFor(1)];
  tries.enter("a", room, never);
  const waiting = Array.from({ length: 1_000 }, () => tries.enter("a", room, never));
  expect(tries.enter("a", room, never)).toBe(1_000);
  room.set(0);
  tries.leave("a", room);
  expect(new Set(await Promise.all(waiting))).toEqual(new Set([7_000]));
});
