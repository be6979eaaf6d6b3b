import { compileLoaded } from "../boot.ts";
import type { Loaded } from "../config/load.ts";
import type { Gateway } from "../gateway.ts";
import { createNullLogger } from "../observe/log.ts";
import { MetricsRegistry } from "../observe/metrics/registry.ts";
import type { Plugin } from "../plugin.ts";
import { createState } from "../scope.ts";
import { storeForShow } from "../store/open.ts";

/**
 * The gateway of a valid configuration, set up as for a start and never started: it reaches for nothing outside, not for
 * Redis either, and what it counts nobody sees. Texts where plugins refuse their options.
 */
export function compileForShow(loaded: Loaded<Plugin>): Promise<Gateway | readonly string[]> {
  const log = createNullLogger();
  return compileLoaded(
    { ...loaded, isForShow: true },
    {
      log,
      metrics: new MetricsRegistry(log),
      store: storeForShow(loaded.config.redis),
      now: Date.now,
      state: createState(),
    },
  );
}
