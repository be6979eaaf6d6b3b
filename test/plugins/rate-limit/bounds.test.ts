import { expect, test } from "bun:test";
import fc from "fast-check";
import plugin from "../../../plugins/rate-limit/index.ts";
import { testPlugin } from "../../../src/testing.ts";

const WINDOW_MS = 1_000;

interface Case {
  readonly limit: number;
  readonly burst: number;
  /** Ms between one request and the next. */
  readonly waits: readonly number[];
}

const cases = fc.record<Case>({
  limit: fc.integer({ min: 1, max: 8 }),
  burst: fc.integer({ min: 1, max: 8 }),
  waits: fc.array(fc.oneof(fc.constant(0), fc.nat(40), fc.nat(300), fc.nat(2_500)), { minLength: 1, maxLength: 80 }),
});

/** The moments at which requests passed. */
async function passed(options: Record<string, unknown>, waits: readonly number[]): Promise<readonly number[]> {
  const t = await testPlugin(plugin, { window: "1s", ...options });
  const moments: number[] = [];
  for (const wait of waits) {
    t.clock.advance(wait);
    if ((await t.request()).reply.status === 200) moments.push(t.clock.nowMs);
  }
  return moments;
}

/** Of each stretch of time that begins and ends with a request that passed: its length in ms, and how many passed in it. */
function stretches(moments: readonly number[]): readonly (readonly [ms: number, count: number])[] {
  return moments.flatMap((from, i) => moments.slice(i).map((to, count) => [to - from, count + 1] as const));
}

const ALGORITHMS: readonly [string, (one: Case) => Record<string, unknown>, (one: Case, ms: number) => number][] = [
  ["gcra", ({ burst }) => ({ burst }), ({ limit, burst }, ms) => burst + (ms * limit) / WINDOW_MS],
  ["sliding-window", () => ({}), ({ limit }, ms) => 2 * limit * Math.ceil((ms + 1) / WINDOW_MS)],
  ["fixed-window", () => ({}), ({ limit }, ms) => limit * (Math.ceil(ms / WINDOW_MS) + 1)],
];

test.each(ALGORITHMS)(
  "%s never lets more pass than its bound, in no stretch of time",
  async (algorithm, options, bound) => {
    await fc.assert(
      fc.asyncProperty(cases, async (one) => {
        const moments = await passed({ limit: one.limit, algorithm, ...options(one) }, one.waits);
        for (const [ms, count] of stretches(moments)) expect(count).toBeLessThanOrEqual(bound(one, ms));
      }),
      { numRuns: 150 },
    );
  },
);

test.each(["gcra", "fixed-window"])("%s lets pass who comes at the rate", async (algorithm) => {
  for (const limit of [1, 3, 7]) {
    const waits = Array<number>(40).fill(Math.ceil(WINDOW_MS / limit));
    expect(await passed({ limit, algorithm }, waits)).toHaveLength(40);
  }
});
