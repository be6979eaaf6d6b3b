import type { RecentError } from "../api/types.ts";
import type { Facts, Finding } from "./facts.ts";
import { rate, share } from "./format.ts";
import { reasonOf } from "./reasons.ts";
import { failing, NO_ROUTE, refusing, type Traffic } from "./traffic.ts";

/** Below this many a second, a share says nothing. */
const LEAST_PER_SECOND = 0.2;
/** So many that no route takes are worth a note. */
const MANY_PER_SECOND = 1;
const FAILING_BADLY = 0.05;
const FAILING = 0.01;
const REFUSING = 0.2;
const LIMITING = 0.02;
/** Errors older than this tell nothing of what is so now. */
const RECENT_MS = 20_000;

/** What goes wrong with requests, route by route: failures, refused credentials, limits. */
export function findInTraffic(facts: Facts): readonly Finding[] {
  const recent = facts.errors.filter(({ at }) => facts.now - Date.parse(at) < RECENT_MS);
  const byRoute = Map.groupBy(recent, ({ route }) => route ?? NO_ROUTE);
  return [...facts.traffic.routes].flatMap(([name, traffic]) => {
    const errors = byRoute.get(name) ?? [];
    if (name === NO_ROUTE) return unrouted(traffic, errors);
    return [...failures(name, traffic, errors), ...refusals(name, traffic, errors, facts)];
  });
}

function failures(route: string, traffic: Traffic, errors: readonly RecentError[]): readonly Finding[] {
  const part = failing(traffic);
  if (traffic.serverErrors < LEAST_PER_SECOND || part < FAILING) return [];
  const cause = mostOf(errors.filter(({ status }) => status >= 500));
  const title = cause === undefined ? "" : `: ${lowered(reasonOf(cause.code).title)}`;
  const isBad = part >= FAILING_BADLY;
  return [
    {
      key: `failing ${route}`,
      level: isBad ? "critical" : "warning",
      weight: isBad ? 85 : 60,
      text: `${route}: ${share(part)} of requests fail${title}`,
      advice: cause === undefined ? "The recent errors say why." : adviceOn(cause),
      view: "errors",
    },
  ];
}

function refusals(route: string, traffic: Traffic, errors: readonly RecentError[], facts: Facts): readonly Finding[] {
  const part = refusing(traffic);
  if (traffic.clientErrors < LEAST_PER_SECOND || part < LIMITING) return [];
  const cause = mostOf(errors.filter(({ status }) => status < 500));
  if (cause?.code === "rate_limited") return [limited(route, part, facts)];
  if (part < REFUSING) return [];
  const key = `refusing ${route}`;
  if (cause === undefined) {
    const text = `${route}: ${share(part)} of requests end with an error of the client's (4xx)`;
    const advice = "Where the recent errors have none of them, the service itself answers so: look into its log.";
    return [{ key, level: "warning", weight: 50, text, advice, view: "errors" }];
  }
  const isIdentity = cause.code === "unauthenticated" || cause.code === "forbidden";
  const what =
    cause.code === "unauthenticated"
      ? "of requests are refused: their credentials are not accepted (401)"
      : `of requests are refused: ${lowered(reasonOf(cause.code).title)} (${cause.status})`;
  const weight = isIdentity ? 65 : 40;
  return [
    {
      key,
      level: "warning",
      weight,
      text: `${route}: ${share(part)} ${what}`,
      advice: adviceOn(cause),
      view: "errors",
    },
  ];
}

function limited(route: string, part: number, { limited: clients }: Facts): Finding {
  const [most] = clients.filter((client) => client.route === route).toSorted((a, b) => b.refused - a.refused);
  const who = most === undefined ? "" : ` Most of them are from ${most.client}.`;
  return {
    key: `limited ${route}`,
    level: "warning",
    weight: 55,
    text: `${route}: ${share(part)} of requests are over the limit (429)`,
    advice: `The limit is exhausted: see the limited clients.${who}`,
    view: "errors",
  };
}

/** Without a route the fault is mostly the clients': worth a note where they are many. */
function unrouted({ clientErrors }: Traffic, errors: readonly RecentError[]): readonly Finding[] {
  if (clientErrors < MANY_PER_SECOND) return [];
  const { title, advice } = reasonOf(mostOf(errors)?.code ?? "route_not_found");
  const text = `${rate(clientErrors)} requests reach no route: ${lowered(title)}`;
  return [{ key: "unrouted", level: "note", weight: 20, text, advice, view: "errors" }];
}

function adviceOn({ code, detail }: RecentError): string {
  const told = detail === undefined || detail === "" ? "" : `${detail.replace(/\.$/, "")}. `;
  return told + reasonOf(code).advice;
}

/** One of those with the code that is there most often. */
function mostOf(errors: readonly RecentError[]): RecentError | undefined {
  const groups = [...Map.groupBy(errors, ({ code }) => code).values()];
  return groups.toSorted((a, b) => b.length - a.length)[0]?.[0];
}

function lowered(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
