import type { Alert } from "./alert.ts";

/** The services that a route may send requests to. */
export type ServicesOf = ReadonlyMap<string, readonly string[]>;

/**
 * Marks alerts that only say what another one says already: when a service has no target left, all others of it and of
 * routes that lead nowhere else; when its objective is missed, those of such routes. So a service that is down is one message.
 */
export function inhibit(alerts: readonly Alert[], servicesOf: ServicesOf): void {
  const dead = new Map<string, Alert>();
  const failing = new Map<string, Alert>();
  for (const alert of alerts) {
    const { rule, subject, severity, state } = alert;
    if (state !== "firing" || severity !== "critical" || subject.service === undefined) continue;
    if (rule.kind === "state" && rule.of === "target") dead.set(subject.service, alert);
    else if (rule.kind === "errors" || rule.kind === "latency") failing.set(subject.service, alert);
  }
  for (const alert of alerts) alert.inhibitedBy = causeOf(alert, servicesOf, dead, failing)?.id;
}

function causeOf(
  alert: Alert,
  servicesOf: ServicesOf,
  dead: ReadonlyMap<string, Alert>,
  failing: ReadonlyMap<string, Alert>,
): Alert | undefined {
  const { route, service } = alert.subject;
  if (service !== undefined) {
    const cause = dead.get(service);
    return cause === alert ? undefined : cause;
  }
  if (route === undefined) return undefined;
  const services = servicesOf.get(route) ?? [];
  const causes = services.map((name) => dead.get(name) ?? failing.get(name));
  return causes.every((cause) => cause !== undefined) ? causes[0] : undefined;
}

/** The services that an alert is about, by itself or through its route. */
export function servicesOfAlert({ subject }: Alert, servicesOf: ServicesOf): readonly string[] {
  if (subject.service !== undefined) return [subject.service];
  return subject.route === undefined ? [] : (servicesOf.get(subject.route) ?? []);
}
