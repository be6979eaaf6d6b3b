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
import { Hold, type Place } from "./hold.ts";
import { Leases } from "./leases.ts";
import { createMetrics } from "./metrics.ts";
import { OptionsSchema } from "./options.ts";
import { Places } from "./places.ts";

/** Limits how many requests are under way at once. */
export default definePlugin({
  name: "concurrency-limit",
  description: "Limits how many requests are under way at once, in one gateway or over all that share a Redis.",
  options: OptionsSchema,
  describe,
  setup(options, scope): Phases {
    const { limit, wait: waitMs, queue, lease: leaseMs, shared, "store-failure": onFailure } = options;
    if (leaseMs < 1_000) throw new Error("lease: expected at least 1s");
    const { site, route, service, store } = scope;
    const keyOf = compileKey(options.key, { route, service, ipv6Prefix: options["ipv6-prefix"] });
    const space = `${storeKey(site, keyText(options.key))}:`;
    const waiting = { waitMs, queue };
    const counts = createMetrics(scope);
    const places = scope.state(`places ${space}`, () => new Places(counts.use));
    const isShared = shared && store.takeNow === undefined;
    const leases = isShared
      ? scope.state(`leases ${space}${leaseMs}`, () => new Leases(store, leaseMs, counts))
      : undefined;
    const holdKey = contextKey<Hold>("the place of the request");

    function refuse(): never {
      counts.refused.inc();
      const code = options.status === 429 ? "rate_limited" : "overloaded";
      throw new GatewayError(code, {
        detail: "Too many requests are under way",
        headers: { "retry-after": "1" },
      });
    }

    function begin(ctx: Context, place: Place): undefined {
      counts.allowed.inc();
      ctx.set(holdKey, new Hold(place));
    }

    async function beginLater(ctx: Context, pending: Promise<Place | undefined>): Promise<undefined> {
      const hold = new Hold(undefined);
      ctx.set(holdKey, hold);
      const place = await pending;
      // A client that has left is not refused, and its place is somebody else's.
      if (place === undefined) return ctx.isAborted ? undefined : refuse();
      if (hold.keep(place)) counts.allowed.inc();
    }

    async function takeShared(ctx: Context, from: Leases, key: string): Promise<Place | undefined> {
      try {
        const place = await from.take(key, limit);
        if (place !== undefined || waitMs === 0) return place;
        return await from.wait(key, limit, waiting, ctx.signal);
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        counts.fallback.inc();
        if (onFailure === "allow") return NO_PLACE;
        if (onFailure === "deny") throw new GatewayError("store_unavailable", { cause: error });
        return places.take(key, limit) ?? (waitMs === 0 ? undefined : places.wait(key, limit, waiting, ctx.signal));
      }
    }

    return {
      limit(ctx) {
        const key = space + keyOf(ctx);
        if (leases !== undefined) return beginLater(ctx, takeShared(ctx, leases, key));
        const place = places.take(key, limit);
        if (place !== undefined) return begin(ctx, place);
        const pending = waitMs === 0 ? undefined : places.wait(key, limit, waiting, ctx.signal);
        return pending === undefined ? refuse() : beginLater(ctx, pending);
      },
      log: (ctx) => ctx.get(holdKey)?.end(),
      explain: (ctx) => ({
        verdict: "depends",
        reason: waitMs === 0 ? "as long as there is a place" : `as long as there is a place within ${waitMs} ms`,
        facts: { key: keyOf(ctx), limit },
      }),
    };
  },
});

/** Of a request that passes without being counted. */
const NO_PLACE: Place = { giveBack() {} };
