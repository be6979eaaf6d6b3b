import { Alert, alertId } from "./alert.ts";
import type { Finding } from "./finding.ts";
import type { Rule } from "./rule.ts";

/** Alerts that are kept at a time; what comes beyond is told in one line of the log. */
export const MOST_ALERTS = 1_000;

export interface BookEvents {
  onFire(alert: Alert): void;
  /** An alert that had fired is over. */
  onResolve(alert: Alert): void;
  /** There are too many; called once until there are fewer. */
  onFull(): void;
}

/** Every alert that is pending or fires. */
export class AlertBook {
  readonly #events: BookEvents;
  /** By rule and id. */
  readonly #alerts = new Map<string, Map<string, Alert>>();
  #count = 0;
  #isFull = false;

  constructor(events: BookEvents) {
    this.#events = events;
  }

  get alerts(): readonly Alert[] {
    return [...this.#alerts.values()].flatMap((ofRule) => [...ofRule.values()]);
  }

  /** Takes what a rule finds at the moment. Two findings of one subject are one: the first. */
  update(rule: Rule, findings: readonly Finding[], at: number): void {
    const known = this.#alerts.get(rule.name) ?? new Map<string, Alert>();
    const seen = new Set<string>();
    for (const finding of findings) {
      const id = alertId(rule.name, finding.subject);
      if (seen.has(id)) continue;
      seen.add(id);
      const alert = known.get(id) ?? this.#begin(rule, finding, at);
      if (alert === undefined) continue;
      known.set(id, alert);
      const before = alert.state;
      alert.see(finding, at);
      if (before !== alert.state) this.#events.onFire(alert);
    }
    for (const alert of known.values()) {
      if (seen.has(alert.id)) continue;
      const before = alert.state;
      alert.miss(at);
      if (alert.state === "resolved") this.#end(known, alert, before === "firing");
    }
    if (known.size > 0) this.#alerts.set(rule.name, known);
    else this.#alerts.delete(rule.name);
  }

  /** The rule is not there any more, or is another: its alerts are over. */
  drop(rule: string, at: number): void {
    const known = this.#alerts.get(rule);
    if (known === undefined) return;
    for (const alert of known.values()) {
      const wasFiring = alert.state === "firing";
      alert.resolve(at);
      this.#end(known, alert, wasFiring);
    }
    this.#alerts.delete(rule);
  }

  #begin(rule: Rule, finding: Finding, at: number): Alert | undefined {
    if (this.#count >= MOST_ALERTS) {
      if (!this.#isFull) this.#events.onFull();
      this.#isFull = true;
      return undefined;
    }
    this.#count++;
    return new Alert(rule, finding, at);
  }

  #end(known: Map<string, Alert>, alert: Alert, wasFiring: boolean): void {
    known.delete(alert.id);
    this.#count--;
    if (this.#count < MOST_ALERTS / 2) this.#isFull = false;
    if (wasFiring) this.#events.onResolve(alert);
  }
}
