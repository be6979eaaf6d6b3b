import { ERRORS } from "../../../src/errors.ts";
import type { TrackReport } from "../../../src/history/track.ts";
import type { LogLine } from "../gateway.ts";
import { linesById } from "./check-log.ts";
import type { World } from "./world.ts";

export type Incident = Readonly<Record<string, unknown>>;

/** Each process keeps so many of either kind. */
const KEPT = 250;

/** What is wrong with `/api/errors`; nothing if it tells the truth. */
export function lieInErrors(world: World, logs: readonly LogLine[], told: readonly Incident[]): string[] {
  const lines = linesById(logs);
  const byId = Map.groupBy(told, ({ requestId }) => String(requestId));
  const failed = world.exchanges.filter(
    ({ code, status, heads }) => code !== undefined || (status >= 500 && heads > 0),
  );
  const ofClients = [...failed, ...world.refusals].filter(
    ({ code }) => code !== undefined && ERRORS[code].source === "downstream",
  );
  const isWhole = ofClients.length <= KEPT && failed.length + world.refusals.length - ofClients.length <= KEPT;
  const wrong: string[] = [];
  const known = new Set<string>();
  for (const exchange of failed) {
    const { id, route, service, status, code, method, path } = exchange;
    const line = lines.get(id)?.[0];
    const requestId = String(line?.requestId);
    known.add(requestId);
    const [incident, ...more] = byId.get(requestId) ?? [];
    if (incident === undefined && !isWhole && more.length === 0) continue;
    const facts: readonly [string, boolean][] = [
      ["one", incident !== undefined && more.length === 0],
      ["status", incident?.status === status],
      ["code", incident?.code === (code ?? "upstream_status")],
      ["source", incident?.source === (code === undefined ? "upstream" : ERRORS[code].source)],
      ["request", incident?.method === method && incident.path === path],
      [
        "route",
        (incident?.route ?? "") === route && (incident?.service ?? "") === service && incident?.target === line?.target,
      ],
    ];
    const lies = facts.filter(([, isTrue]) => !isTrue).map(([name]) => name);
    if (lies.length > 0) wrong.push(`error of ${id}: ${lies}: ${JSON.stringify(incident)}`);
  }
  for (const { requestId, code, status } of world.refusals) {
    known.add(requestId);
    const [incident] = byId.get(requestId) ?? [];
    if (incident === undefined && !isWhole) continue;
    if (incident?.code !== code || incident.status !== status)
      wrong.push(`refusal ${code}: ${JSON.stringify(incident)}`);
  }
  const strange = told.filter(({ requestId }) => !known.has(String(requestId)));
  return [...wrong, ...strange.map((incident) => `an error of nobody: ${JSON.stringify(incident)}`)];
}

/** What is wrong with `/api/limited`. */
export function lieInLimited({ exchanges }: World, told: readonly Incident[]): string[] {
  const refused = exchanges.filter(({ status }) => status === 429).length;
  const counted = told.reduce((sum, { refused }) => sum + Number(refused), 0);
  const isOne = told.every(({ client, route }) => client === "127.0.0.1" && route === "limited");
  return refused === counted && isOne ? [] : [`${refused} were limited: ${JSON.stringify(told)}`];
}

/** What is wrong with `/api/history`, whose rates are per second. */
export function lieInHistory({ exchanges, besides }: World, { at, routes, services, total }: TrackReport): string[] {
  const integral = (rates: readonly (number | null)[] = []) =>
    rates.reduce<number>((sum, rate, i) => sum + (rate ?? 0) * (((at[i] ?? 0) - (at[i - 1] ?? at[i] ?? 0)) / 1_000), 0);
  const isNear = (told: number, seen: number) => Math.abs(told - seen) <= 0.5 + seen * 0.02;
  const wrong: string[] = [];
  const compare = (what: string, rates: readonly (number | null)[] | undefined, seen: number) => {
    const told = integral(rates);
    if (!isNear(told, seen)) wrong.push(`history of ${what}: told ${told}, seen ${seen}`);
  };
  compare("all", total.requests, exchanges.length);
  for (const [route, all] of Map.groupBy(exchanges, (exchange) => exchange.route)) {
    const of = (from: number) => all.filter(({ status }) => status >= from && status < from + 100).length;
    compare(`route ${route}`, routes[route]?.requests, all.length);
    compare(`4xx of ${route}`, routes[route]?.clientErrors, of(400));
    compare(`5xx of ${route}`, routes[route]?.serverErrors, of(500));
  }
  const further = [...besides, ...exchanges.flatMap(({ earlier }) => earlier)];
  for (const [service, all] of Map.groupBy(exchanges, (exchange) => exchange.service)) {
    if (service === "" || all.some(({ attempts }) => attempts === undefined)) continue;
    const sum = all.reduce(
      (count, { attempts, earlier }) => count + (attempts ?? 0) - earlier.length,
      further.filter((name) => name === service).length,
    );
    compare(`service ${service}`, services[service]?.requests, sum);
    const failures = all.reduce((count, exchange) => count + exchange.failures.length, 0);
    compare(`failures of ${service}`, services[service]?.serverErrors, failures);
  }
  return wrong;
}
