import plugin from "../../plugins/adaptive-concurrency/index.ts";
import { testPlugin } from "../../src/testing.ts";
import { measure, pipelineOf } from "./per-request.ts";

/**
 * Measures what adaptive-concurrency costs a request that finds a place: `bun test/bench/adaptive-concurrency.ts`. A layer that does
 * nothing shows what of it is the place in the pipeline.
 */

const t = await testPlugin(plugin);
const alone = await measure(pipelineOf(), t.context);
const empty = await measure(pipelineOf([{ attempt: (next) => async (ctx) => await next(ctx) }]), t.context);
const limited = await measure(pipelineOf([t.phases]), t.context);
console.log(`µs a request beyond ${alone.toFixed(2)} without it`);
console.log("a layer that does nothing", (empty - alone).toFixed(2));
console.log("adaptive-concurrency", (limited - alone).toFixed(2));
