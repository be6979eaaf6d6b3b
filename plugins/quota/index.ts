import {
  type Context,
  compileKey,
  contextKey,
  definePlugin,
  GatewayError,
  keyText,
  type Phases,
  StoreError,
  storeKey,
} from "../../src/plugin.ts";
import { describe } from "./describe.ts";
import { type QuotaReport, usageReport } from "./endpoint.ts";
import { compileQuotas, type Quota } from "./grade.ts";
import { type Counted, Ledger } from "./ledger.ts";
import { createMetrics } from "./metrics.ts";
import { OptionsSchema } from "./options.ts";
import { calendar, type Period } from "./period.ts";

/** What a request has found of one of its quotas. */
interface Found extends Counted {
  readonly period: Period;
  readonly limit: number;
}

/** Limits how much is used in a day or a month. */
export default definePlugin({
  name: "quota",
  description: "Limits how many requests a caller makes in a day or a month, and tells how many were made.",
  options: OptionsSchema,
  describe,
  setup(options, scope): Phases {
    const { cost, timezone, day, month, "store-failure": onFailure } = options;
    const { site, store, route, service } = scope;
    const periodAt = calendar(timezone);
    const quotasOf = compileQuotas(options);
    const keyOf = compileKey(options.key, { route, service, ipv6Prefix: options["ipv6-prefix"] });
    const space = storeKey(site, keyText(options.key));
    const ledger = scope.state(`ledger ${space}`, () => new Ledger(store, space));
    const foundKey = contextKey<Found>("what is left of the quota");
    const metrics = createMetrics(scope);

    const reports = scope.state("reports", () => new Map<string, QuotaReport>());
    const report = { site, key: options.key, timezone, limits: { day, month }, ledger, periodAt };
    reports.set(space, report);
    scope.signal.addEventListener("abort", () => {
      if (reports.get(space) === report) reports.delete(space);
    });
    scope.admin.get("/usage", async ({ request }) => {
      const query = URL.parse(request.url)?.searchParams ?? new URLSearchParams();
      return Response.json(await usageReport([...reports.values()], query, scope.now()));
    });

    /** Counts in all periods at once: they leave together. */
    async function count(key: string, quotas: readonly Quota[], nowMs: number): Promise<readonly Found[]> {
      const counted = quotas.map(async ({ kind, limit }): Promise<Found> => {
        const period = periodAt(kind, nowMs);
        return { period, limit, ...(await ledger.add(key, cost, period, nowMs)) };
      });
      return Promise.all(counted);
    }

    function refuse(ctx: Context, key: string, all: readonly Found[], full: readonly Found[], nowMs: number): never {
      for (const { period } of all) ledger.takeBack(key, cost, period, nowMs);
      const last = full.reduce((one, other) => (other.period.endsAtMs > one.period.endsAtMs ? other : one));
      ctx.set(foundKey, { ...last, used: last.limit });
      metrics.refused.inc();
      for (const { period } of full) metrics.refusedBy(period.kind).inc();
      throw new GatewayError("rate_limited", {
        detail: `The quota of the ${last.period.kind} is used up`,
        headers: { "retry-after": String(secondsTo(last.period, nowMs)) },
      });
    }

    return {
      async limit(ctx) {
        const nowMs = scope.now();
        const key = keyOf(ctx);
        const found = await count(key, quotasOf(ctx), nowMs).catch((error: unknown) => {
          if (!(error instanceof StoreError)) throw error;
          if (onFailure === "deny") throw new GatewayError("store_unavailable", { cause: error });
        });
        if (found === undefined) {
          metrics.uncounted.inc();
          return undefined;
        }
        const full = found.filter(({ used, limit }) => used > limit);
        if (full.length > 0) refuse(ctx, key, found, full, nowMs);
        for (const { isFirst, period } of found) if (isFirst) ledger.enlist(key, period, nowMs);
        const tightest = found.reduce((one, other) => (leftOf(other) < leftOf(one) ? other : one));
        if (tightest.limit !== Number.POSITIVE_INFINITY) ctx.set(foundKey, tightest);
        metrics.allowed.inc();
        return undefined;
      },
      ...(options.headers && {
        response(ctx, reply) {
          const found = ctx.get(foundKey);
          if (found === undefined) return reply;
          reply.headers.set("x-quota-limit", String(found.limit));
          reply.headers.set("x-quota-remaining", String(leftOf(found)));
          reply.headers.set("x-quota-reset", String(secondsTo(found.period, scope.now())));
          return reply;
        },
      }),
      explain(ctx) {
        const quotas = quotasOf(ctx).filter(({ limit }) => limit !== Number.POSITIVE_INFINITY);
        const limits = quotas.map(({ kind, limit }) => `${limit} a ${kind}`);
        const facts = { key: keyOf(ctx), limits, cost };
        if (limits.length === 0) return { verdict: "passes", reason: "it is counted, and not limited", facts };
        return { verdict: "depends", reason: "as long as something is left: nothing was counted", facts };
      },
    };
  },
});

function leftOf({ limit, used }: Found): number {
  return limit - used;
}

/** Whole seconds until the period is over, at least 1. */
function secondsTo({ endsAtMs }: Period, nowMs: number): number {
  return Math.max(Math.ceil((endsAtMs - nowMs) / 1_000), 1);
}
