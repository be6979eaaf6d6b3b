import { describe, expect, test } from "bun:test";
import { GatewayError } from "../../src/errors.ts";
import { FUZZ_MS, fuzz } from "./budget.ts";
import { pipeline, response } from "./messages.ts";
import { cut, mutate } from "./mutate.ts";
import { Random } from "./random.ts";
import { type Reading, readRequests } from "./read-requests.ts";
import { readResponses } from "./read-responses.ts";

const TIMEOUT = FUZZ_MS + 5_000;

interface Subject {
  readonly name: string;
  readonly make: (random: Random) => string;
  readonly read: (pieces: readonly string[]) => Reading;
}

const SUBJECTS: readonly Subject[] = [
  { name: "requests", make: pipeline, read: readRequests },
  { name: "responses", make: response, read: readResponses },
];

/** What a reading says, without which of several faults it met first: that depends on the pieces. */
function sense({ messages, unfinished, error }: Reading) {
  // A body that is refused may have come further in larger pieces; its beginning is never taken for a message.
  return { messages, unfinished: error === undefined ? unfinished : undefined, isRefused: error !== undefined };
}

describe.each(SUBJECTS)("$name", ({ make, read }) => {
  test(
    "that are damaged are refused properly or read, the same in any pieces",
    () => {
      const runs = fuzz((seed) => {
        const random = new Random(seed);
        const wire = mutate(random, make(random));
        const whole = read([wire]);
        expect(whole.error === undefined || whole.error instanceof GatewayError).toBe(true);
        expect(whole.error?.code).not.toBe("internal");
        const pieces = cut(random, wire);
        if (!Bun.deepEquals(sense(read(pieces)), sense(whole))) {
          expect({ pieces, ...sense(read(pieces)) }).toEqual({ pieces, ...sense(whole) });
        }
      });
      expect(runs).toBeGreaterThan(50);
    },
    TIMEOUT,
  );

  test(
    "end where they end, whatever follows",
    () => {
      fuzz((seed) => {
        const random = new Random(seed);
        const valid = make(random);
        const wire = random.once(2) ? valid : mutate(random, valid);
        const { messages, ends } = read([...wire]);
        if (messages.length === 0) return;
        const last = random.below(messages.length);
        const other = wire.slice(0, ends[last]) + mutate(random, make(random));
        const again = read([other]).messages.slice(0, last + 1);
        if (!Bun.deepEquals(again, messages.slice(0, last + 1))) {
          expect({ other, again }).toEqual({ other, again: messages.slice(0, last + 1) });
        }
      });
    },
    TIMEOUT,
  );
});
