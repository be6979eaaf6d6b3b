import { explainer } from "../../explain/setup.ts";
import { DOCUMENT } from "./config.ts";
import type { Exchange } from "./exchange.ts";
import type { World } from "./world.ts";

/** What `gateway explain` says wrongly of requests of each kind: nothing if it tells what the wire has shown. */
export async function lieInExplain(world: World, yaml: string): Promise<string[]> {
  await using explain = await explainer(yaml, { "mock.json": DOCUMENT });
  const wrong: string[] = [];
  const told = new Set<string>();
  for (const exchange of world.exchanges) {
    const { kind, status, method, path, isBare, id } = exchange;
    if (isBare || told.has(`${kind} ${status}`)) continue;
    told.add(`${kind} ${status}`);
    const lies = lieOf(world, exchange, await explain.of(method, `http://shop.test${path}`, exchange.headers));
    wrong.push(...lies.map((lie) => `explain ${id}: ${lie}`));
  }
  return wrong;
}

type Report = Awaited<ReturnType<Awaited<ReturnType<typeof explainer>>["of"]>>;

/** Refusals that plugins decide on by the request alone. */
const OF_PLUGINS = new Set(["unauthenticated", "forbidden", "payload_too_large", "rate_limited"]);

function lieOf(world: World, exchange: Exchange, report: Report): string[] {
  const { outcome, undecided, upstream } = report;
  const { code, route, status, id, repeats } = exchange;
  const [arrival] = world.arrivalsOf(id);
  const isOwn = outcome === "answered" || outcome === "refused";
  const isAsked = arrival !== undefined || repeats > 0;
  const facts: readonly [string, boolean][] = [
    ["not found", (outcome === "not-found") === (code === "route_not_found")],
    ["wrong method", (outcome === "method-not-allowed") === (code === "method_not_allowed")],
    ["route", (report.route?.name ?? "") === route],
    ["its answer", !isOwn || ((report.status ?? status) === status && !isAsked)],
    ["refusal", code === undefined || !OF_PLUGINS.has(code) || outcome === "refused" || undecided.length > 0],
    ["the service's path", arrival === undefined || upstream?.path === arrival.request.target.split("?")[0]],
    ["the service", arrival === undefined || upstream?.service === exchange.service || exchange.kind === "fallback"],
  ];
  return facts.filter(([, isTrue]) => !isTrue).map(([name]) => `${name}: ${outcome} ${report.status} ${report.reason}`);
}
