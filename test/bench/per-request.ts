import { type Answer, awaitable, type PendingReply } from "../../src/message/pending.ts";
import { composePipeline, type Destination, type Pipeline } from "../../src/pipeline.ts";
import { type Context, type Phases, Reply } from "../../src/plugin.ts";

/** What the benches of single plugins share: a pipeline without sockets, and what a request costs in it. */

const ROUNDS = 15;
const REQUESTS = 50_000;
const REPLY = new Reply(200);

/** As a target's reply: it comes later, to one receiver. */
const PENDING: PendingReply = { deliverTo: (receiver) => queueMicrotask(() => receiver.onReply(REPLY)) };

/** The way of a request through these plugins to a target that answers. */
export function pipelineOf(plugins: readonly Phases[] = [], select: Destination["select"] = () => undefined): Pipeline {
  return composePipeline(plugins, { select, send: () => PENDING }, "problem");
}

/** As the edge does: a promise costs what it costs, anything else none. */
function received(answer: Answer): Promise<unknown> {
  if (answer instanceof Promise) return answer;
  return Promise.resolve(awaitable(answer));
}

/** Microseconds a request; the least of the rounds, as noise only ever adds. */
export async function measure({ handle }: Pipeline, context: () => Context): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const contexts = Array.from({ length: REQUESTS }, context);
    const started = Bun.nanoseconds();
    for (const ctx of contexts) await received(handle(ctx));
    least = Math.min(least, (Bun.nanoseconds() - started) / REQUESTS / 1_000);
  }
  return least;
}
