import retry from "../../plugins/retry/index.ts";
import { testPlugin } from "../../src/testing.ts";
import { measure, pipelineOf } from "./per-request.ts";

/**
 * Measures what the retry plugin costs a request that succeeds at once, its place in the pipeline included:
 * `bun test/bench/retry.ts`.
 */

const VARIANTS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  defaults: {},
  "per-try-timeout": { "per-try-timeout": "2s" },
  "hedge after 200 ms": { hedge: { after: "200ms" } },
  "hedge after p95": { hedge: { after: "p95" } },
};

const { context } = await testPlugin(retry);
const alone = await measure(pipelineOf(), context);
console.log(`µs a request beyond ${alone.toFixed(2)} without it`);
for (const [name, options] of Object.entries(VARIANTS)) {
  const t = await testPlugin(retry, options);
  console.log(name.padEnd(20), ((await measure(pipelineOf([t.phases]), t.context)) - alone).toFixed(2));
}
