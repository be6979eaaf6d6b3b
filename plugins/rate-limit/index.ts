import { type Context, contextKey, definePlugin, GatewayError, type Phases, type Taken } from "../../src/plugin.ts";
import { Asking, type Verdict } from "./asking.ts";
import { type Charges, compileCharges } from "./charges.ts";
import { responseCost } from "./cost.ts";
import { describe } from "./describe.ts";
import { FailureLimit } from "./failures.ts";
import { retryAfter, setFields } from "./fields.ts";
import { compileLimits } from "./limits.ts";
import { createMetrics } from "./metrics.ts";
import { OptionsSchema } from "./options.ts";
import { syncerOf } from "./sync.ts";
import { createTaker } from "./take.ts";

/** What the limits have said of a request. */
interface Answer {
  readonly asked: Charges;
  readonly taken: readonly Taken[];
}

/** Limits how often clients may call. */
export default definePlugin({
  name: "rate-limit",
  description:
    "Limits how many requests pass in a time: by address, by who is calling or by what else tells clients apart.",
  options: OptionsSchema,
  describe,
  setup(options, scope): Phases {
    const { cost, headers: form, "tier-claim": tierClaim, "cost-header": costHeader } = options;
    if (options.sync < LEAST_SYNC_MS) throw new Error(`sync: expected at least ${LEAST_SYNC_MS}ms`);
    const counts = createMetrics(scope);
    const limits = compileLimits(options, scope);
    const chargesOf = compileCharges(limits, scope.store, tierClaim, cost);
    const taker = createTaker(options, scope, counts);
    const failures = failureLimit();
    const answerKey = contextKey<Answer>("what the rate limits have said");

    function failureLimit(): FailureLimit | undefined {
      const limit = options["authentication-failures"];
      return limit === undefined ? undefined : new FailureLimit(limit, options["ipv6-prefix"], scope);
    }

    function bar(ms: number): undefined {
      if (ms <= 0) return;
      counts.barred.inc();
      throw refusal(Math.ceil(ms / 1_000));
    }

    function settle(ctx: Context, asked: Charges, taken: readonly Taken[] | undefined): undefined {
      failures?.leave(ctx);
      if (asked.charges.length === 0) return;
      if (taken !== undefined) {
        if (isTold) ctx.set(answerKey, { asked, taken });
        if (!taken.every(({ allowed }) => allowed)) {
          counts.refused.inc();
          for (const [i, { allowed }] of taken.entries()) {
            if (!allowed) counts.refusedBy(asked.grades[i]?.name ?? "").inc();
          }
          throw refusal(retryAfter(taken));
        }
      }
      counts.allowed.inc();
    }

    async function settleLater(
      ctx: Context,
      asked: Charges,
      pending: Promise<readonly Taken[] | undefined>,
    ): Promise<undefined> {
      let taken: readonly Taken[] | undefined;
      try {
        taken = await pending;
      } catch (error) {
        taken = taker.onFailure(error, asked);
      }
      return settle(ctx, asked, taken);
    }

    const chargeCost = costHeader === undefined ? undefined : responseCost(costHeader.toLowerCase(), cost, taker);
    const isTold = form !== "none" || chargeCost !== undefined;
    const isShared = scope.store.takeNow === undefined;
    const { ask } = scope.store;
    const verdict: Verdict | undefined =
      ask === undefined || options.mode === "synced" ? undefined : { ask, settle, onFailure: taker.onFailure };

    return {
      ...(failures !== undefined && {
        request(ctx) {
          const barredMs = failures.enter(ctx);
          return typeof barredMs === "number" ? bar(barredMs) : barredMs.then(bar);
        },
        log: (ctx) => failures.leave(ctx),
      }),
      ...(failures !== undefined && limits.length === 0 && { limit: (ctx) => void failures.leave(ctx) }),
      ...(limits.length > 0 && {
        limit(ctx) {
          failures?.leave(ctx);
          const asked = chargesOf(ctx);
          if (asked.charges.length === 0) return undefined;
          if (verdict !== undefined) return new Asking(verdict, ctx, asked, undefined);
          const taken = taker.take(asked);
          return taken instanceof Promise ? settleLater(ctx, asked, taken) : settle(ctx, asked, taken);
        },
        ...(verdict !== undefined && {
          limitWith: (ctx, check) => new Asking(verdict, ctx, chargesOf(ctx), check),
        }),
      }),
      ...((failures !== undefined || (isTold && limits.length > 0)) && {
        response(ctx, reply) {
          const answer = isTold ? ctx.get(answerKey) : undefined;
          if (answer !== undefined && form !== "none")
            setFields(reply.headers, form, answer.asked.grades, answer.taken);
          chargeCost?.(reply, answer);
          if (failures === undefined || reply.status !== 401) {
            failures?.leave(ctx);
            return reply;
          }
          // The client shall not have its answer before it is counted.
          return failures.count(ctx).then(() => reply);
        },
      }),
      explain(ctx) {
        const { grades, charges } = chargesOf(ctx);
        if (charges.length === 0) return { verdict: "passes", reason: "no limit is for it" };
        const keys = charges.map(({ key }) => key);
        const policies = grades.map(({ field }) => field);
        const reason = "as long as there is room: nothing was counted, nobody was asked";
        return { verdict: "depends", reason, facts: { keys, limits: policies, cost } };
      },
      ...(options.mode === "synced" && isShared && { close: () => syncerOf(scope, options.sync, counts).exchange() }),
    };
  },
});

/** More often it would cost as much as asking. */
const LEAST_SYNC_MS = 100;

function refusal(seconds: number): GatewayError {
  return new GatewayError("rate_limited", {
    detail: `Try again in ${seconds} s`,
    headers: { "retry-after": String(seconds) },
  });
}
