import { definePlugin, Episode, type Handler, type Phases, storeKey } from "../../src/plugin.ts";
import { describe } from "./describe.ts";
import { limited } from "./limited.ts";
import { Limiter } from "./limiter.ts";
import { exposeLimiter } from "./metrics.ts";
import { limiterOptions, OptionsSchema } from "./options.ts";

/** After this long without a refusal the log says that it is over. */
const QUIET_MS = 5_000;

/** Limits the requests under way at a service by how its latency moves. */
export default definePlugin({
  name: "adaptive-concurrency",
  description: "Limits the requests under way at a service to what it answers without growing slow.",
  options: OptionsSchema,
  describe,
  setup(options, scope): Phases {
    const { service, site, log, metrics } = scope;
    const settings = limiterOptions(options);
    if (service === undefined) return {};
    const key = storeKey(site, service);
    const limiter = scope.state(`limiter ${key}`, () => new Limiter(settings.initial));
    const episode = scope.state(
      `episode ${key}`,
      () =>
        new Episode({
          quietMs: QUIET_MS,
          onBegin: () => {
            const limit = limiter.limit(settings);
            log.warn("adaptive-concurrency begins to refuse requests", { service, site, limit });
          },
          onEnd: (refused) => {
            const limit = limiter.limit(settings);
            log.info("adaptive-concurrency refuses no more requests", { service, site, limit, refused });
          },
        }),
    );
    const use = { limiter, settings, service, site };
    exposeLimiter(
      use,
      scope,
      scope.state(`shown ${key}`, () => new Set<AbortSignal>()),
    );
    const refused = metrics
      .counter({ name: "refused_total", help: "Attempts that found no place.", labels: ["service", "site"] })
      .with(service, site);
    const onRefused = () => {
      refused.inc();
      episode.note();
    };
    return {
      attempt(next: Handler): Handler {
        return (ctx) => limited(next, ctx, { limiter, settings, onRefused });
      },
      limiter: () => {
        const { inFlight, refused: count } = limiter;
        return { plugin: "adaptive-concurrency", site, limit: limiter.limit(settings), inFlight, refused: count };
      },
    };
  },
});
