import { expect, test } from "bun:test";
import { type Delivery, deliver } from "../../../src/alerts/notify/deliver.ts";
import type { Posted } from "../../../src/alerts/notify/post.ts";
import { until } from "../../support/until.ts";

const MESSAGE = { url: "http://x", headers: {}, body: "", timeoutMs: 1_000, ca: undefined };

/** Answers these in turn, the last one again and again; without a pause in between. */
function delivery(answers: readonly Posted[], rest: Partial<Delivery> = {}) {
  const attempts: Posted[] = [];
  const abort = new AbortController();
  let now = 0;
  let count = 0;
  const options: Delivery = {
    message: MESSAGE,
    giveUpMs: 300_000,
    signal: abort.signal,
    post: async () => answers[Math.min(count++, answers.length - 1)] ?? { result: "sent" },
    onAttempt: (posted) => attempts.push(posted),
    random: () => -1.998,
    now: () => {
      now += 30_000;
      return now;
    },
    ...rest,
  };
  return { options, attempts, abort };
}

const FAILED: Posted = { result: "failed", reason: "status 500" };

test("what fails is tried again until it is taken", async () => {
  const { options, attempts } = delivery([FAILED, FAILED, { result: "sent" }]);
  expect(await deliver(options)).toBe(true);
  expect(attempts.map(({ result }) => result)).toEqual(["failed", "failed", "sent"]);
});

test("what is refused is not tried again", async () => {
  const { options, attempts } = delivery([{ result: "refused", reason: "status 404" }]);
  expect(await deliver(options)).toBe(false);
  expect(attempts).toHaveLength(1);
});

test("what goes on failing is given up when its time is over", async () => {
  const { options, attempts } = delivery([FAILED]);
  expect(await deliver(options)).toBe(false);
  expect(attempts.length).toBeWithin(2, 11);
});

test("a receiver that asks for a longer pause than there is time gets no other attempt", async () => {
  const { options, attempts } = delivery([{ ...FAILED, retryAfterMs: 400_000 }]);
  expect(await deliver(options)).toBe(false);
  expect(attempts).toHaveLength(1);
});

test("a stop ends a pause at once, and nothing is counted after it", async () => {
  const { options, attempts, abort } = delivery([{ ...FAILED, retryAfterMs: 200_000 }], { now: () => 0 });
  const delivered = deliver(options);
  await until(() => attempts.length === 1);
  const before = performance.now();
  abort.abort();
  expect(await delivered).toBe(false);
  expect(performance.now() - before).toBeLessThan(100_000);
  expect(attempts).toHaveLength(1);
});
