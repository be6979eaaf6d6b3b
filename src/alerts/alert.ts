import { createHash } from "node:crypto";
import type { Finding, Subject } from "./finding.ts";
import type { Rule, Severity } from "./rule.ts";

/** One condition from when it begins until it is over. */
export class Alert {
  /** The same for this rule and subject in every gateway, and after a restart: receivers can tell copies by it. */
  readonly id: string;
  readonly rule: Rule;
  readonly subject: Subject;
  /** When it began, in ms since 1970, as are the others. */
  readonly since: number;
  state: "pending" | "firing" | "resolved" = "pending";
  resolvedAt: number | undefined = undefined;
  severity: Severity;
  value: number;
  threshold: number;
  summary: string;
  /** Ids of the alert and of the silence because of which nobody is told. */
  inhibitedBy: string | undefined = undefined;
  silencedBy: string | undefined = undefined;
  /** When it was last seen. */
  #seenAt: number;

  constructor(rule: Rule, finding: Finding, at: number) {
    this.id = alertId(rule.name, finding.subject);
    this.rule = rule;
    this.subject = finding.subject;
    this.since = at;
    this.#seenAt = at;
    this.severity = finding.severity;
    this.value = finding.value;
    this.threshold = finding.threshold;
    this.summary = finding.summary;
  }

  /** Its condition holds. While an alert fires it only gets more severe: it is told once how bad it was. */
  see(finding: Finding, at: number): void {
    this.#seenAt = at;
    this.value = finding.value;
    this.threshold = finding.threshold;
    this.summary = finding.summary;
    if (this.state === "pending" || finding.severity === "critical") this.severity = finding.severity;
    if (this.state === "pending" && at - this.since >= this.rule.forMs) this.state = "firing";
  }

  /** Its condition does not hold. A pending alert is over at once, a firing one after its rule's hold. */
  miss(at: number): void {
    if (this.state === "firing" && at - this.#seenAt < this.rule.holdMs) return;
    this.resolve(at);
  }

  resolve(at: number): void {
    this.state = "resolved";
    this.resolvedAt = at;
  }
}

/** 16 hexadecimal digits. */
export function alertId(rule: string, { route, service, part, signal }: Subject): string {
  const parts = [rule, route ?? null, service ?? null, part ?? null, signal ?? null];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 16);
}
