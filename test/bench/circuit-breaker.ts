import circuitBreaker from "../../plugins/circuit-breaker/index.ts";
import type { Context, Phases } from "../../src/plugin.ts";
import { testPlugin } from "../../src/testing.ts";
import { measure, pipelineOf } from "./per-request.ts";

/**
 * Measures what the circuit-breaker plugin costs a request while all is well, its place in the pipeline and the question of
 * which targets to avoid included: `bun test/bench/circuit-breaker.ts`.
 */

const VARIANTS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  defaults: {},
  "slow-call": { "slow-call": "2s" },
  fallback: { fallback: { body: "sorry" } },
};

/** Asks which targets to avoid, as the choice of a target does. */
function selecting({ watch }: Phases): (ctx: Context) => void {
  return (ctx) => {
    ctx.target = (watch?.avoided().size ?? 0) === 0 ? "http://10.0.0.5:4001" : undefined;
  };
}

const { context } = await testPlugin(circuitBreaker);
const alone = await measure(pipelineOf([], selecting({})), context);
console.log(`µs a request beyond ${alone.toFixed(2)} without it`);
for (const [name, options] of Object.entries(VARIANTS)) {
  const t = await testPlugin(circuitBreaker, options);
  // The clock of a test stands still; to read a real one is a part of the cost.
  Object.defineProperty(t.clock, "nowMs", { get: Date.now });
  console.log(
    name.padEnd(20),
    ((await measure(pipelineOf([t.phases], selecting(t.phases)), t.context)) - alone).toFixed(2),
  );
}
