import plugin from "../../plugins/adaptive-concurrency/index.ts";
import { type Answer, awaitable, type PendingReply } from "../../src/message/pending.ts";
import { composePipeline, type Pipeline } from "../../src/pipeline.ts";
import { type Context, type Phases, Reply } from "../../src/plugin.ts";
import { testPlugin } from "../../src/testing.ts";

/**
 * Measures what adaptive-concurrency costs a request that finds a place: `bun test/bench/adaptive-concurrency.ts`. A layer that does
 * nothing shows what of it is the place in the pipeline.
 */

const ROUNDS = 15;
const REQUESTS = 50_000;
const REPLY = new Reply(200);

/** As a target's reply: it comes later, to one receiver. */
const PENDING: PendingReply = { deliverTo: (receiver) => queueMicrotask(() => receiver.onReply(REPLY)) };

function pipelineOf(...plugins: Phases[]): Pipeline {
  return composePipeline(plugins, { select: () => undefined, send: () => PENDING }, "problem");
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

const t = await testPlugin(plugin);
const alone = await measure(pipelineOf(), t.context);
const empty = await measure(pipelineOf({ attempt: (next) => async (ctx) => await next(ctx) }), t.context);
const limited = await measure(pipelineOf(t.phases), t.context);
console.log(`µs a request beyond ${alone.toFixed(2)} without it`);
console.log("a layer that does nothing", (empty - alone).toFixed(2));
console.log("adaptive-concurrency", (limited - alone).toFixed(2));
