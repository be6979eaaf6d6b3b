import { effectivePlugins } from "../config/effective.ts";
import type { Loaded } from "../config/load.ts";
import type { Plugin } from "../plugin.ts";
import { routeNameOf } from "../routing/route-name.ts";
import type { LiveReport } from "./live-report.ts";
import { optionsOf, placeText } from "./options.ts";
import type { ExplainReport } from "./report.ts";

/** Where things are written. */
export type Places = Pick<Loaded<Plugin>, "entryOf" | "placeOf">;

/** The configuration that is at work, as it was read. */
export type AtWork = Pick<Loaded<Plugin>, "config" | "plugins" | "entryOf" | "placeOf">;

/** The report with where everything is written, and the options of plugins: by names, since another process may have made it. */
export function placed(report: LiveReport, atWork: AtWork): LiveReport {
  return report.explained === undefined ? report : { ...report, explained: placedReport(report.explained, atWork) };
}

function placedReport(report: ExplainReport, atWork: AtWork): ExplainReport {
  const { config, plugins: known, entryOf, placeOf } = atWork;
  const routes = new Map(config.routes.map((route) => [routeNameOf(route), route]));
  const placeOfRoute = (name: string) => placeText(placeOf(routes.get(name) ?? {}));
  const { route, upstream } = report;
  const service = upstream?.service ?? report.split?.services.find(({ isChosen }) => isChosen)?.service;
  const own = route === undefined ? undefined : routes.get(route.name);
  const effective = new Map(effectivePlugins(config, own, known, service).map((plugin) => [plugin.name, plugin]));
  return {
    ...report,
    candidates: report.candidates.map((candidate) => ({ ...candidate, place: placeOfRoute(candidate.name) })),
    ...(route !== undefined && { route: { ...route, place: placeOfRoute(route.name) } }),
    ...(upstream !== undefined && {
      upstream: { ...upstream, place: placeText(placeOf(config.services[upstream.service] ?? {})) },
    }),
    plugins: report.plugins.map((plugin) => {
      const one = effective.get(plugin.name);
      // The configuration is another one by now.
      if (one === undefined || one.origin !== plugin.origin) return plugin;
      const entry = entryOf(one.options);
      return { ...plugin, place: placeText(entry?.place), options: optionsOf(one.plugin.options, entry) };
    }),
  };
}
