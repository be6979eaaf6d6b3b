import type { Alert } from "../alert.ts";
import type { ServicesOf } from "../inhibit.ts";

/** Alerts of one message, at most; how many were left out is said. */
export const MOST_IN_MESSAGE = 50;

/** One alert as receivers are told of it; docs/alerts.md describes it. */
export interface MessageAlert {
  /** The same for this rule and subject in every gateway and every message. */
  readonly id: string;
  readonly status: "firing" | "resolved";
  readonly rule: string;
  readonly kind: string;
  readonly severity: string;
  readonly route?: string;
  readonly service?: string;
  readonly services?: readonly string[];
  readonly part?: string;
  readonly signal?: string;
  readonly since: string;
  readonly resolvedAt?: string;
  readonly value: number;
  readonly threshold: number;
  readonly summary: string;
}

/** What a receiver gets; docs/alerts.md describes it. */
export interface Message {
  readonly version: 1;
  /** Another for each message, the same when it is sent again. */
  readonly id: string;
  readonly instance: string;
  readonly sentAt: string;
  /** firing if an alert in it fires. */
  readonly status: "firing" | "resolved";
  /** It says again what was said before. */
  readonly isRepeat: boolean;
  /** Of all that this receiver is told of, those that fire now. */
  readonly firing: number;
  readonly alerts: readonly MessageAlert[];
  /** Alerts that are not in it, because there are too many. */
  readonly leftOut: number;
}

export interface MessageInput {
  readonly instance: string;
  readonly at: number;
  readonly alerts: readonly Alert[];
  readonly firing: number;
  readonly isRepeat: boolean;
  readonly servicesOf: ServicesOf;
}

/** A message about these alerts: the critical ones that fire first, the resolved ones last. */
export function messageOf({ instance, at, alerts, firing, isRepeat, servicesOf }: MessageInput): Message {
  const sorted = alerts.toSorted((a, b) => rank(a) - rank(b) || a.since - b.since);
  return {
    version: 1,
    id: crypto.randomUUID(),
    instance,
    sentAt: new Date(at).toISOString(),
    status: alerts.some(({ state }) => state === "firing") ? "firing" : "resolved",
    isRepeat,
    firing,
    alerts: sorted.slice(0, MOST_IN_MESSAGE).map((alert) => alertOf(alert, servicesOf)),
    leftOut: Math.max(0, alerts.length - MOST_IN_MESSAGE),
  };
}

function alertOf(alert: Alert, servicesOf: ServicesOf): MessageAlert {
  const { id, rule, severity, subject, since, resolvedAt, value, threshold, summary } = alert;
  const services = subject.route === undefined ? undefined : servicesOf.get(subject.route);
  return {
    id,
    status: resolvedAt === undefined ? "firing" : "resolved",
    rule: rule.name,
    kind: rule.kind,
    severity,
    ...subject,
    ...(services === undefined ? {} : { services }),
    since: new Date(since).toISOString(),
    ...(resolvedAt === undefined ? {} : { resolvedAt: new Date(resolvedAt).toISOString() }),
    value,
    threshold,
    summary,
  };
}

function rank({ state, severity }: Alert): number {
  if (state !== "firing") return 2;
  return severity === "critical" ? 0 : 1;
}
