import { Breaker, type Change } from "../../../plugins/circuit-breaker/breaker.ts";
import type { Permit, Settings } from "../../../plugins/circuit-breaker/states.ts";

/** The defaults of the plugin. */
export const DEFAULTS: Settings = {
  consecutiveFailures: 5,
  failureRatio: 0.5,
  slowRatio: 0.5,
  minimumCalls: 20,
  windowMs: 10_000,
  openMs: 10_000,
  maxOpenMs: 300_000,
  probes: 1,
};

/** How a call went: well, failed, slow, or without showing anything of the target. */
export type Went = "ok" | "fail" | "slow" | "nothing";

/** A breaker over a clock that a test moves. */
export function createBreaker(settings: Partial<Settings> = {}, at = 1_000_000) {
  const clock = { ms: at };
  const changes: Change[] = [];
  const parts = {
    settings: { ...DEFAULTS, ...settings },
    now: () => clock.ms,
    onChange: (_: Breaker, change: Change) => void changes.push(change),
  };
  const breaker = new Breaker("http://a", parts);
  const finish = (permit: Permit | undefined, went: Went) => {
    if (permit === undefined) throw new Error("the breaker has let no call pass");
    if (went === "nothing") permit.withdraw();
    else permit.report(went === "fail" ? "503" : undefined, went === "slow");
  };
  return {
    breaker,
    clock,
    changes,
    parts,
    finish,
    /** Calls one after the other, each at its end before the next. */
    calls(...went: readonly Went[]) {
      for (const one of went) finish(breaker.enter(), one);
    },
    /** The states that it has come to, in their order. */
    states: () => changes.map(({ to }) => to),
  };
}

/** That many times. */
export function times(count: number, went: Went): Went[] {
  return Array.from({ length: count }, () => went);
}
