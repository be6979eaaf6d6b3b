import { afterAll, beforeAll, expect, test } from "bun:test";
import fc from "fast-check";
import { Redis } from "ioredis";
import { type LimitKind, type LimitPolicy, limitPolicy, type Taken } from "../../src/store/limit.ts";
import { MemoryBackend } from "../../src/store/memory/backend.ts";
import { TAKE } from "../../src/store/redis/limit-scripts.ts";
import { CLOCK } from "../../src/store/redis/script.ts";
import { takenOf } from "../../src/store/redis/taken.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";

/** The script with a clock that the test sets; that of the server, which keys end by, runs on meanwhile: they have no end here. */
const LUA = TAKE.lua
  .replace(CLOCK, "local nowUs = tonumber(redis.call('GET', 'now'))")
  .replaceAll(", 'PX', whole(ttlMs + 1))", ")");
const START_MS = Date.UTC(2030, 0, 1);

let server: RedisServer;
let redis: Redis;

beforeAll(async () => {
  server = await startRedis();
  redis = new Redis(server.port);
});

afterAll(async () => {
  redis.disconnect();
  await server[Symbol.asyncDispose]();
});

interface Step {
  readonly waitMs: number;
  readonly cost: number;
}

const steps = fc.array(
  fc.record({
    waitMs: fc.oneof(fc.constant(0), fc.nat(50), fc.nat(3_000), fc.nat(100_000)),
    cost: fc.oneof({ weight: 4, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 8 }) }),
  }),
  { minLength: 1, maxLength: 40 },
);
const rates = fc.record({
  limit: fc.integer({ min: 1, max: 12 }),
  windowMs: fc.oneof(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 100, max: 70_000 })),
  burst: fc.integer({ min: 1, max: 12 }),
});

async function inMemory(policy: LimitPolicy, all: readonly Step[]): Promise<readonly Taken[]> {
  let nowMs = START_MS;
  const store = new MemoryBackend({ now: () => nowMs });
  const answers: Taken[] = [];
  for (const { waitMs, cost } of all) {
    nowMs += waitMs;
    answers.push(...(await store.take([{ key: "k", policy, cost }])));
  }
  return answers;
}

async function inRedis(policy: LimitPolicy, all: readonly Step[]): Promise<readonly Taken[]> {
  await redis.flushall();
  let nowMs = START_MS;
  const replies: Promise<readonly Taken[]>[] = [];
  for (const { waitMs, cost } of all) {
    nowMs += waitMs;
    redis.set("now", `${nowMs}000`);
    const charges = [{ key: "k", policy, cost }];
    replies.push(redis.eval(LUA, 1, "k", policy.text, cost).then((reply) => takenOf(reply, charges)));
  }
  return (await Promise.all(replies)).flat();
}

/** The rule itself, as a bucket of µs that empties: slower to compute and easier to believe. */
function gcraModel({ intervalUs, burst }: LimitPolicy, all: readonly Step[]): readonly boolean[] {
  let level = 0n;
  const [interval, capacity] = [BigInt(intervalUs), BigInt(intervalUs) * BigInt(burst)];
  return all.map(({ waitMs, cost }) => {
    level -= BigInt(waitMs) * 1_000n;
    if (level < 0n) level = 0n;
    const next = level + BigInt(cost) * interval;
    if (next > capacity) return false;
    level = next;
    return true;
  });
}

test("the script under test lets no key end by itself", () => {
  expect(LUA).not.toContain("'PX'");
  expect(LUA).not.toContain("EXPIRE");
});

test.each<LimitKind>(["gcra", "sliding-window", "fixed-window"])(
  "%s: memory and Redis give the same answers",
  async (kind) => {
    await fc.assert(
      fc.asyncProperty(rates, steps, async (rate, all) => {
        const policy = limitPolicy({ kind, ...rate });
        expect(await inRedis(policy, all)).toEqual([...(await inMemory(policy, all))]);
      }),
      { numRuns: 60 },
    );
  },
  60_000,
);

test("gcra lets pass what the bucket has room for", async () => {
  await fc.assert(
    fc.asyncProperty(rates, steps, async (rate, all) => {
      const policy = limitPolicy({ kind: "gcra", ...rate });
      const allowed = (await inMemory(policy, all)).map((taken) => taken.allowed);
      expect(allowed).toEqual([...gcraModel(policy, all)]);
    }),
    { numRuns: 300 },
  );
});

test("gcra never lets more than the burst and what is earned pass, in any stretch of time", async () => {
  await fc.assert(
    fc.asyncProperty(rates, steps, async (rate, all) => {
      const policy = limitPolicy({ kind: "gcra", ...rate });
      const answers = await inMemory(policy, all);
      let nowMs = 0;
      const passed = all.flatMap(({ waitMs, cost }, i) => {
        nowMs += waitMs;
        return answers[i]?.allowed === true ? [{ atMs: nowMs, cost }] : [];
      });
      for (const [first, { atMs: from }] of passed.entries()) {
        let sum = 0;
        for (const { atMs, cost } of passed.slice(first)) {
          sum += cost;
          expect(sum).toBeLessThanOrEqual(rate.burst + ((atMs - from) * rate.limit) / rate.windowMs);
        }
      }
    }),
    { numRuns: 300 },
  );
});

test("what a refusal says of the time to wait is true to the ms, for every kind", async () => {
  const kinds = fc.constantFrom<LimitKind>("gcra", "sliding-window", "fixed-window");
  await fc.assert(
    fc.asyncProperty(kinds, rates, steps, async (kind, rate, all) => {
      const policy = limitPolicy({ kind, ...rate });
      const cost = all.at(-1)?.cost ?? 1;
      const last = (await inMemory(policy, all)).at(-1);
      if (last === undefined || last.allowed || last.retryAfterMs === Number.POSITIVE_INFINITY) return;
      const after = async (waitMs: number) => (await inMemory(policy, [...all, { waitMs, cost }])).at(-1)?.allowed;
      expect(await after(last.retryAfterMs)).toBe(true);
      expect(await after(last.retryAfterMs - 1)).toBe(false);
    }),
    { numRuns: 500 },
  );
});

test.each([
  [{ kind: "gcra", limit: 0, windowMs: 1 }, "the limit"],
  [{ kind: "gcra", limit: 1.5, windowMs: 1 }, "the limit"],
  [{ kind: "gcra", limit: 1, windowMs: 0 }, "the window"],
  [{ kind: "gcra", limit: 1, windowMs: 1, burst: -1 }, "the burst"],
  [{ kind: "gcra", limit: 1_001, windowMs: 1 }, "one a microsecond"],
  [{ kind: "gcra", limit: 1, windowMs: 86_400_000, burst: 100_000 }, "95 years"],
  [{ kind: "sliding-window", limit: 1e12, windowMs: 86_400_000 }, "too large"],
  [{ kind: "fixed-window", limit: 1, windowMs: 400 * 86_400_000 }, "a year"],
] as const)("a limit that cannot be counted exactly is refused: %j", (options, text) => {
  expect(() => limitPolicy(options)).toThrow(text);
});
