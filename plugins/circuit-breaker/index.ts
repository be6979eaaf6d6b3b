import { definePlugin, storeKey } from "../../src/plugin.ts";
import { Breakers } from "./breakers.ts";
import { describe } from "./describe.ts";
import { addEndpoints } from "./endpoints.ts";
import { createFailures } from "./failures.ts";
import { fallbackLayer } from "./fallback.ts";
import { guarded } from "./guarded.ts";
import { type BreakerOptions, checkOptions, type FallbackOptions, Options, settingsOf } from "./options.ts";

/** Keeps requests from targets that are failing, until a few probes have shown that they are well again. */
export default definePlugin({
  name: "circuit-breaker",
  description: "Keeps requests from targets that fail or are slow, until probes have shown that they are well again.",
  options: Options,
  describe,
  setup(options, scope) {
    checkOptions(options);
    const { site, log, metrics, now, service } = scope;
    // Requests without a service have nobody to be kept from.
    if (service === undefined) return {};
    const instead = fallbackFor(options, service, site);
    const settings = settingsOf(options);
    const failures = createFailures(options.failures);
    const judgement = { failures, slowMs: options["slow-call"] };
    const place = { service, site, scope: options.scope, log, metrics, now };
    const breakers = scope.state(
      `breakers ${storeKey(options.scope, service, site)}`,
      () => new Breakers(place, settings),
    );
    const all = scope.state("all", () => new Set<Breakers>());
    all.add(breakers);
    addEndpoints(scope, all);
    const fallback = metrics.counter({ name: "fallbacks_total", help: "Answers of fallbacks.", labels: ["service"] });
    return {
      ...(instead !== undefined && {
        cache: fallbackLayer(instead, {
          failures,
          used: fallback.with(service),
          toService: scope.toService,
        }),
      }),
      watch: breakers,
      attempt: (next) => (ctx) => {
        // At the first request of a configuration: one that is refused has changed nothing.
        if (breakers.settings !== settings) breakers.settings = settings;
        return guarded(next, ctx, breakers.enter(ctx.target ?? ""), judgement);
      },
    };
  },
});

/** A service is no fallback of its own, where options for several services name it. */
function fallbackFor({ fallback }: BreakerOptions, service: string, site: string): FallbackOptions | undefined {
  if (fallback?.service !== service) return fallback;
  if (site === `service ${service}`) throw new Error(`fallback.service: ${service} cannot be its own fallback`);
  return undefined;
}
