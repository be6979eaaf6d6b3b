import { definePlugin, type Handler } from "../../src/plugin.ts";
import { Budget } from "./budget.ts";
import { hedged } from "./hedged.ts";
import { LatencyWindow } from "./latency.ts";
import { createMetrics, watchBudget } from "./metrics.ts";
import { checkOptions, Options } from "./options.ts";
import { createPolicy } from "./policy.ts";
import { tryUntilGood } from "./retrier.ts";
import { timed } from "./timed.ts";

/** Sends requests again that failed, where that is safe: to another target, after a wait, within a budget. */
export default definePlugin({
  name: "retry",
  description: "Tries requests again that failed, at another target where there is one, and within a budget.",
  options: Options,
  setup(options, scope) {
    checkOptions(options);
    const service = scope.service ?? "";
    const policy = createPolicy(options);
    const latency = scope.state(`latency ${service}`, () => new LatencyWindow());
    const metrics = createMetrics(scope.metrics, service);
    const budget = scope.state(`budget ${service}`, () => {
      const created = new Budget(scope.now);
      watchBudget(scope.metrics, service, created);
      return created;
    });
    const parts = { options, policy, budget, metrics, scope, random: Math.random };
    const { hedge, "per-try-timeout": perTryMs, "attempts-header": header } = options;

    const attemptOf = (next: Handler): Handler => {
      const one = perTryMs === undefined ? next : timed(next, perTryMs);
      return hedge === undefined ? one : hedged(one, hedge, { ...parts, latency });
    };
    return {
      forward(next) {
        const attempt = attemptOf(next);
        return (ctx) => tryUntilGood(attempt, ctx, parts);
      },
      explain({ request }) {
        const obstacle = policy.obstacle(request);
        const facts = { repeatable: obstacle === undefined };
        if (options.attempts === 1)
          return { verdict: "passes", reason: "attempts is 1: nothing is tried again", facts };
        const reason =
          obstacle === undefined
            ? `tried up to ${options.attempts} times, within the budget`
            : `tried again only before the service may have got it: ${obstacle}`;
        return { verdict: "passes", reason, facts };
      },
      ...(header !== undefined && {
        response(ctx, reply) {
          reply.headers.set(header.toLowerCase(), String(ctx.attempts));
          return reply;
        },
      }),
    };
  },
});
