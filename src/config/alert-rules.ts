import type { RuleConfig } from "./schema-alerts.ts";

type RuleKind = RuleConfig["kind"];
type RuleKey = keyof RuleConfig;

const DAY_MS = 86_400_000;

/** What `of` may be, and the unit of `above` there; undefined where there is no `above`. */
export const OF: Readonly<
  Partial<Record<RuleKind, Readonly<Record<string, "share" | "duration" | "size" | undefined>>>>
> = {
  saturation: {
    pool: "share",
    pending: "share",
    "max-requests": "share",
    "loop-lag": "duration",
    memory: "size",
  },
  state: {
    target: undefined,
    breaker: undefined,
    store: undefined,
    worker: undefined,
    certificate: undefined,
    reload: undefined,
  },
  anomaly: { rate: undefined, errors: undefined, latency: undefined },
};

/** What is told for each service apart. */
export const OF_SERVICES: readonly string[] = ["pool", "pending", "max-requests", "target", "breaker"];

const COMMON: readonly RuleKey[] = ["name", "kind", "for", "hold"];
const BURN: readonly RuleKey[] = [
  ...COMMON,
  "per",
  "route",
  "service",
  "objective",
  "windows",
  "min-requests",
  "min-failures",
];

/** The keys that a rule of a kind takes. */
export const KEYS_OF: Readonly<Record<RuleKind, readonly RuleKey[]>> = {
  errors: BURN,
  latency: [...BURN, "slower-than"],
  saturation: [...COMMON, "of", "above", "service", "severity"],
  state: [...COMMON, "of", "within", "service", "severity"],
  anomaly: [...COMMON, "of", "per", "route", "service", "change", "season", "severity"],
};

/**
 * Burn rates over a long and a short window, as published for an objective over 30 days: 2 % and 5 % of what it allows
 * are to wake somebody, 10 % is to be looked at.
 *
 * @see https://sre.google/workbook/alerting-on-slos/ (table 5-8)
 */
export const WINDOWS: NonNullable<RuleConfig["windows"]> = [
  { burn: 14.4, long: DAY_MS / 24, short: 300_000, severity: "critical" },
  { burn: 6, long: DAY_MS / 4, short: 1_800_000, severity: "critical" },
  { burn: 1, long: 3 * DAY_MS, short: DAY_MS / 4, severity: "warning" },
];

/** What `default` stands for. There is none for latency and memory: what is much nobody knows but the user. */
export const BUILT_IN: readonly RuleConfig[] = [
  { name: "errors", kind: "errors" },
  { name: "targets", kind: "state", of: "target", for: 15_000 },
  { name: "breakers", kind: "state", of: "breaker", for: 60_000 },
  { name: "store", kind: "state", of: "store", for: 30_000, severity: "critical" },
  { name: "workers", kind: "state", of: "worker", for: 30_000, severity: "critical" },
  { name: "certificates", kind: "state", of: "certificate", within: 14 * DAY_MS },
  { name: "reload", kind: "state", of: "reload" },
  { name: "pools", kind: "saturation", of: "pool", above: 0.9, for: 60_000 },
  { name: "pending", kind: "saturation", of: "pending", above: 0.5, for: 30_000, severity: "critical" },
  { name: "max-requests", kind: "saturation", of: "max-requests", above: 0.9, for: 60_000 },
  { name: "loop-lag", kind: "saturation", of: "loop-lag", above: 200, for: 60_000 },
];

/** The rules that a configuration means: those built in by their names, its own in place of one of the same name. */
export function ruleConfigs(written: readonly (string | RuleConfig)[]): RuleConfig[] {
  const rules = new Map<string, RuleConfig>();
  for (const rule of written) {
    if (typeof rule !== "string") continue;
    for (const known of BUILT_IN) if (rule === "default" || rule === known.name) rules.set(known.name, known);
  }
  for (const rule of written) if (typeof rule !== "string") rules.set(rule.name, rule);
  return [...rules.values()];
}
