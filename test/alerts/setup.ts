import { Alert } from "../../src/alerts/alert.ts";
import type { Finding, Subject } from "../../src/alerts/finding.ts";
import {
  type AnomalyRule,
  type BurnRule,
  type LevelRule,
  type Rule,
  rulesOf,
  type Severity,
} from "../../src/alerts/rule.ts";
import type { RuleConfig } from "../../src/config/schema-alerts.ts";
import { type Counts, noCounts, ROUTE_BOUNDS, type Sample, SERVICE_BOUNDS } from "../../src/history/sample.ts";

/** A moment at which the tests begin: 2026-01-05T00:00:00Z. */
export const START = Date.UTC(2026, 0, 5);

type OfKind<K extends Rule["kind"]> = K extends "errors" | "latency"
  ? BurnRule
  : K extends "anomaly"
    ? AnomalyRule
    : LevelRule;

/** The rule that these keys mean. */
export function ruleOf<K extends Rule["kind"]>(config: Partial<RuleConfig> & { readonly kind: K }): OfKind<K> {
  const [rule] = rulesOf({ rules: [{ name: "mine", ...config }] });
  return rule as OfKind<K>;
}

/** So many requests of which so many failed; all of them took so many seconds. */
export function counts(requests: number, failures = 0, seconds = 0.02, bounds = ROUTE_BOUNDS): Counts {
  const latency = noCounts(bounds).latency;
  const bucket = bounds.findIndex((bound) => seconds <= bound);
  latency[bucket === -1 ? bounds.length : bucket] = requests;
  return { requests, clientErrors: 0, serverErrors: failures, latency };
}

/** A second of these routes and services. */
export function sample(
  at: number,
  routes: Readonly<Record<string, Counts>>,
  services: Readonly<Record<string, Counts>> = {},
): Sample {
  const total = Object.values(routes).reduce(
    (sum, one) => ({
      requests: sum.requests + one.requests,
      clientErrors: 0,
      serverErrors: sum.serverErrors + one.serverErrors,
      latency: sum.latency.map((count, bucket) => count + (one.latency[bucket] ?? 0)),
    }),
    noCounts(ROUTE_BOUNDS) as Counts,
  );
  return {
    at,
    seconds: 1,
    total,
    routes: new Map(Object.entries(routes)),
    services: new Map(Object.entries(services)),
  };
}

export const ofService = (requests: number, failures = 0) => counts(requests, failures, 0.02, SERVICE_BOUNDS);

export function finding(subject: Subject = {}, severity: Severity = "warning"): Finding {
  return { subject, severity, value: 2, threshold: 1, summary: "it is so" };
}

/** An alert that fires, of a rule of its own. */
export function firing(
  subject: Subject,
  options: { severity?: Severity; rule?: Partial<RuleConfig>; at?: number } = {},
): Alert {
  const { severity = "warning", at = START } = options;
  const rule = ruleOf({ kind: "errors", ...options.rule });
  const alert = new Alert(rule, finding(subject, severity), at);
  alert.see(finding(subject, severity), at);
  return alert;
}
