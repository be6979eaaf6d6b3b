import { ruleConfigs, WINDOWS } from "../config/alert-rules.ts";
import type { AlertsConfig, RuleConfig } from "../config/schema-alerts.ts";

export type Severity = "critical" | "warning";
/** What a rule is about: each route, each service, or all requests. */
export type Per = "route" | "service" | "all";

interface RuleBase {
  readonly name: string;
  /** How long it has to last before the alert fires, and to be over before the alert is, in ms. */
  readonly forMs: number;
  readonly holdMs: number;
  /** Names that it is limited to. */
  readonly only: ReadonlySet<string> | undefined;
}

export interface BurnWindow {
  readonly burn: number;
  readonly longMs: number;
  readonly shortMs: number;
  readonly severity: Severity;
}

/** An objective, and how fast what it allows may be used up. */
export interface BurnRule extends RuleBase {
  readonly kind: "errors" | "latency";
  readonly per: Per;
  /** Of the requests, from 0 to 1. */
  readonly objective: number;
  /** Of latency alone. */
  readonly slowerThanMs: number;
  /** Critical ones first, then the fastest. */
  readonly windows: readonly BurnWindow[];
  readonly minRequests: number;
  readonly minFailures: number;
}

/** Something that is full, or not as it should be. */
export interface LevelRule extends RuleBase {
  readonly kind: "saturation" | "state";
  readonly of: string;
  readonly above: number;
  readonly withinMs: number;
  readonly severity: Severity;
}

export type Signal = "rate" | "errors" | "latency";

/** Something that is unusual for this time of the day and the week. */
export interface AnomalyRule extends RuleBase {
  readonly kind: "anomaly";
  readonly per: Per;
  readonly of: readonly Signal[];
  readonly change: number;
  readonly seasonMs: number;
  readonly severity: Severity;
}

export type Rule = BurnRule | LevelRule | AnomalyRule;

const DAY_MS = 86_400_000;
const HOLD_MS = 60_000;
const OBJECTIVE = { errors: 0.999, latency: 0.99 };
const SIGNALS: readonly Signal[] = ["rate", "errors", "latency"];
/** Name of the rule that `anomalies` alone makes. */
const ANOMALIES = "anomalies";

/** The rules of a configuration, with all that they leave unsaid. */
export function rulesOf({ rules, anomalies }: Pick<AlertsConfig, "rules" | "anomalies">): readonly Rule[] {
  const own = ruleConfigs(rules);
  if (anomalies === undefined) return own.map(ruleOf);
  const { change, season } = anomalies;
  if (!own.some(({ kind }) => kind === "anomaly")) own.push({ name: ANOMALIES, kind: "anomaly" });
  return own.map((rule) => ruleOf(rule.kind === "anomaly" ? { change, season, ...rule } : rule));
}

function ruleOf(config: RuleConfig): Rule {
  const { name, kind, for: forMs = 0, hold: holdMs = HOLD_MS, severity = "warning" } = config;
  const only = namesOf(config.route ?? config.service);
  const base = { name, forMs, holdMs, only };
  const per = config.per ?? (config.service === undefined ? "route" : "service");
  if (kind === "saturation" || kind === "state") {
    const { of = "", above = 0, within = 14 * DAY_MS } = config;
    return { ...base, kind, of, above, withinMs: within, severity };
  }
  if (kind === "anomaly") {
    const { change = 0.5, season = "week" } = config;
    const of = SIGNALS.filter((signal) => config.of === undefined || config.of === signal);
    return { ...base, kind, per, of, change, seasonMs: season === "day" ? DAY_MS : 7 * DAY_MS, severity };
  }
  return {
    ...base,
    kind,
    per,
    objective: config.objective ?? OBJECTIVE[kind],
    slowerThanMs: config["slower-than"] ?? 0,
    windows: (config.windows ?? WINDOWS).map(windowOf).sort(bySeverity),
    minRequests: config["min-requests"] ?? 100,
    minFailures: config["min-failures"] ?? 5,
  };
}

function namesOf(names: string | readonly string[] | undefined): ReadonlySet<string> | undefined {
  if (names === undefined) return undefined;
  return new Set(typeof names === "string" ? [names] : names);
}

function windowOf({ burn, long, short, severity }: NonNullable<RuleConfig["windows"]>[number]): BurnWindow {
  return { burn, longMs: long, shortMs: short, severity };
}

function bySeverity(a: BurnWindow, b: BurnWindow): number {
  if (a.severity !== b.severity) return a.severity === "critical" ? -1 : 1;
  return b.burn - a.burn;
}
