import type { EffectivePlugin } from "./config/effective.ts";
import type { Pipeline } from "./pipeline.ts";
import type { Phases, Plugin } from "./plugin.ts";

/** A plugin at work on one way, and where its options are written. */
export interface PluginAtWork extends Pick<EffectivePlugin<Plugin>, "name" | "plugin" | "options" | "origin"> {
  /** Those that this instance takes part in. */
  readonly phases: readonly string[];
  readonly explain: Phases["explain"];
}

/** The way of a request to one of a route's services. */
export interface Way {
  readonly pipeline: Pipeline;
  /** In the order of the configuration. */
  readonly plugins: readonly PluginAtWork[];
}

/** Plugins with the instances that their `setup` has made of them, in the same order. */
export function atWork(effective: readonly EffectivePlugin<Plugin>[], all: readonly Phases[]): readonly PluginAtWork[] {
  return effective.map((plugin, i) => {
    const phases = all[i] ?? {};
    return { ...plugin, phases: phaseNames(phases), explain: phases.explain };
  });
}

/** Keys of what a plugin returns that are no phases. */
const NO_PHASES = ["close", "watch", "limiter", "limitWith", "explain"];

function phaseNames(phases: Phases): string[] {
  return Object.keys(phases).filter((phase) => !NO_PHASES.includes(phase));
}
