import retry from "../../plugins/retry/index.ts";
import { type Answer, awaitable, type PendingReply } from "../../src/message/pending.ts";
import { composePipeline, type Pipeline } from "../../src/pipeline.ts";
import { type Context, type Phases, Reply } from "../../src/plugin.ts";
import { testPlugin } from "../../src/testing.ts";

/**
 * Measures what the retry plugin costs a request that succeeds at once, its place in the pipeline included:
 * `bun test/bench/retry.ts`.
 */

const ROUNDS = 15;
const REQUESTS = 50_000;
const REPLY = new Reply(200);

/** As a target's reply: it comes later, to one receiver. */
const PENDING: PendingReply = { deliverTo: (receiver) => queueMicrotask(() => receiver.onReply(REPLY)) };

const VARIANTS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  defaults: {},
  "per-try-timeout": { "per-try-timeout": "2s" },
  "hedge after 200 ms": { hedge: { after: "200ms" } },
  "hedge after p95": { hedge: { after: "p95" } },
};

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

const { context } = await testPlugin(retry);
const alone = await measure(pipelineOf(), context);
console.log(`µs a request beyond ${alone.toFixed(2)} without it`);
for (const [name, options] of Object.entries(VARIANTS)) {
  const t = await testPlugin(retry, options);
  console.log(name.padEnd(20), ((await measure(pipelineOf(t.phases), t.context)) - alone).toFixed(2));
}
