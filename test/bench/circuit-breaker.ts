import circuitBreaker from "../../plugins/circuit-breaker/index.ts";
import { type Answer, awaitable, type PendingReply } from "../../src/message/pending.ts";
import { composePipeline, type Pipeline } from "../../src/pipeline.ts";
import { type Context, type Phases, Reply } from "../../src/plugin.ts";
import { testPlugin } from "../../src/testing.ts";

/**
 * Measures what the circuit-breaker plugin costs a request while all is well, its place in the pipeline and the question of
 * which targets to avoid included: `bun test/bench/circuit-breaker.ts`.
 */

const ROUNDS = 15;
const REQUESTS = 50_000;
const REPLY = new Reply(200);

/** As a target's reply: it comes later, to one receiver. */
const PENDING: PendingReply = { deliverTo: (receiver) => queueMicrotask(() => receiver.onReply(REPLY)) };

const VARIANTS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  defaults: {},
  "slow-call": { "slow-call": "2s" },
  fallback: { fallback: { body: "sorry" } },
};

function pipelineOf(...plugins: Phases[]): Pipeline {
  const [watch] = plugins.flatMap((plugin) => plugin.watch ?? []);
  const select = (ctx: Context) => {
    ctx.target = (watch?.avoided().size ?? 0) === 0 ? "http://10.0.0.5:4001" : undefined;
  };
  return composePipeline(plugins, { select, send: () => PENDING }, "problem");
}

/** As the edge does: a promise costs what it costs, anything else none. */
function received(answer: Answer): Promise<unknown> {
  if (answer instanceof Promise) return answer;
  return Promise.resolve(awaitable(answer));
}

/** Microseconds a request; the least of the rounds, as noise only ever adds. */
async function measure({ handle }: Pipeline, context: () => Context): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const contexts = Array.from({ length: REQUESTS }, context);
    const started = Bun.nanoseconds();
    for (const ctx of contexts) await received(handle(ctx));
    least = Math.min(least, (Bun.nanoseconds() - started) / REQUESTS / 1_000);
  }
  return least;
}

const { context } = await testPlugin(circuitBreaker);
const alone = await measure(pipelineOf(), context);
console.log(`µs a request beyond ${alone.toFixed(2)} without it`);
for (const [name, options] of Object.entries(VARIANTS)) {
  const t = await testPlugin(circuitBreaker, options);
  // The clock of a test stands still; to read a real one is a part of the cost.
  Object.defineProperty(t.clock, "nowMs", { get: Date.now });
  console.log(name.padEnd(20), ((await measure(pipelineOf(t.phases), t.context)) - alone).toFixed(2));
}
