import type { Context } from "../context.ts";
import type { Explanation } from "../observe/explanation.ts";
import type { PluginAtWork } from "../way.ts";
import { optionsOf, placeText } from "./options.ts";
import type { Places } from "./places.ts";
import type { ExplainReport, PluginReport } from "./report.ts";

/** The phases in the order in which they run. */
const PHASES = ["request", "authenticate", "limit", "cache", "forward", "attempt", "response", "log"];
/** Where a request may end at the gateway; what comes behind is not reached then, but for `response` and `log`. */
const LAST_EARLY = PHASES.indexOf("attempt");

/** A chain of plugins, and where the request ends in it. */
export interface ExplainedChain {
  readonly plugins: readonly PluginReport[];
  readonly chain: ExplainReport["chain"];
  /** The first plugin at which the request ends, if one can tell that. */
  readonly end: { readonly plugin: string; readonly explanation: Explanation } | undefined;
  /** Plugins of which only the gateway that runs can tell whether they let the request through. */
  readonly undecided: readonly string[];
}

/** Of a plugin that can refuse, and says nothing by itself. */
const UNTOLD: Explanation = { verdict: "depends", reason: "only the gateway that runs can tell whether it refuses" };
/** Where a request may be refused before the service is asked. */
const FILTERS = ["request", "authenticate", "limit"];

/** Asks the plugins in the order in which the request comes to them: what one finds out, the next goes by. */
export async function explainChain(
  ctx: Context,
  plugins: readonly PluginAtWork[],
  places: Places,
): Promise<ExplainedChain> {
  const explanations = new Map<PluginAtWork, Explanation>();
  const reached = new Set<PluginAtWork>();
  let end: ExplainedChain["end"];
  for (const plugin of [...plugins].sort((a, b) => firstPhase(a) - firstPhase(b))) {
    if (end === undefined || firstPhase(plugin) > LAST_EARLY) reached.add(plugin);
    const explanation = (await plugin.explain?.(ctx)) ?? (isSilentFilter(plugin) ? UNTOLD : undefined);
    if (explanation === undefined) continue;
    explanations.set(plugin, explanation);
    const isEnd = explanation.verdict === "refuses" || explanation.verdict === "answers";
    if (isEnd && end === undefined) end = { plugin: plugin.name, explanation };
  }
  return {
    plugins: plugins.map((plugin) => reportOf(plugin, explanations.get(plugin), reached.has(plugin), places)),
    chain: PHASES.flatMap((phase) => {
      const names = plugins.filter(({ phases }) => phases.includes(phase)).map(({ name }) => name);
      return names.length === 0 ? [] : [{ phase, plugins: names }];
    }),
    end,
    undecided: plugins.flatMap((plugin) => {
      const isUndecided = isFilter(plugin) && explanations.get(plugin)?.verdict === "depends";
      return isUndecided && reached.has(plugin) ? [plugin.name] : [];
    }),
  };
}

function isFilter({ phases }: PluginAtWork): boolean {
  return FILTERS.some((phase) => phases.includes(phase));
}

/** A plugin that refuses requests describes itself to clients. */
function isSilentFilter(plugin: PluginAtWork): boolean {
  return plugin.explain === undefined && plugin.plugin.describe !== undefined && isFilter(plugin);
}

function firstPhase({ phases }: PluginAtWork): number {
  return PHASES.findIndex((phase) => phases.includes(phase));
}

function reportOf(
  { name, plugin, options, origin, phases }: PluginAtWork,
  explanation: Explanation | undefined,
  isReached: boolean,
  places: Places,
): PluginReport {
  const entry = places.entryOf(options);
  return {
    name,
    origin,
    place: placeText(entry?.place),
    phases: PHASES.filter((phase) => phases.includes(phase)),
    options: optionsOf(plugin.options, entry),
    ...(explanation !== undefined && { explanation }),
    isReached,
  };
}
