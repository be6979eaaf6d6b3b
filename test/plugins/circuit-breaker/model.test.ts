import { expect, test } from "bun:test";
import fc from "fast-check";
import type { Permit } from "../../../plugins/circuit-breaker/states.ts";
import { Model, type ModelPermit } from "./model.ts";
import { createBreaker, DEFAULTS, type Went } from "./support.ts";

type Step =
  | { readonly kind: "enter" }
  | { readonly kind: "finish"; readonly which: number; readonly went: Went }
  | { readonly kind: "wait"; readonly ms: number };

const settings = fc.record({
  consecutiveFailures: fc.integer({ min: 1, max: 6 }),
  failureRatio: fc.constantFrom(0.25, 0.5, 1),
  slowRatio: fc.constantFrom(0.25, 0.5, 1),
  minimumCalls: fc.integer({ min: 1, max: 8 }),
  windowMs: fc.constantFrom(100, 1_000),
  openMs: fc.constantFrom(50, 200),
  maxOpenMs: fc.constantFrom(200, 500),
  probes: fc.integer({ min: 1, max: 3 }),
});

const step = fc.oneof<fc.WeightedArbitrary<Step>[]>(
  { weight: 4, arbitrary: fc.constant({ kind: "enter" }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("finish" as const),
      which: fc.nat({ max: 20 }),
      went: fc.constantFrom<Went>("ok", "fail", "fail", "slow", "nothing"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.nat({ max: 120 }) }) },
);

test("whatever calls come, end and overtake each other, a breaker does what its simple model does", () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(settings, fc.array(step, { maxLength: 150, size: "max" }), (limits, steps) => {
      const { breaker, clock, finish } = createBreaker({ ...DEFAULTS, ...limits });
      const model = new Model({ ...DEFAULTS, ...limits }, clock.ms);
      const pending: { readonly permit: Permit; readonly known: ModelPermit }[] = [];
      for (const one of steps) {
        if (one.kind === "wait") clock.ms += one.ms;
        else if (one.kind === "enter") {
          const may = breaker.mayEnter();
          const permit = breaker.enter();
          const known = model.enter(clock.ms);
          expect([may, permit !== undefined]).toEqual([known !== undefined, known !== undefined]);
          if (permit !== undefined && known !== undefined) pending.push({ permit, known });
        } else {
          const [call] = pending.splice(one.which % Math.max(1, pending.length), 1);
          if (call === undefined) continue;
          finish(call.permit, one.went);
          model.finish(call.known, one.went, clock.ms);
        }
        expect(breaker.state).toBe(model.state);
        seen.add(breaker.state);
      }
    }),
    { numRuns: 500 },
  );
  expect([...seen].sort()).toEqual(["closed", "half-open", "open"]);
});
