import type { Facts, Finding } from "./facts.ts";
import { findInServices } from "./find-services.ts";
import { findInSystem } from "./find-system.ts";
import { findInTraffic } from "./find-traffic.ts";
import { rate, share, some, span } from "./format.ts";
import { failing } from "./traffic.ts";

/** How the gateway is. */
export interface Diagnosis {
  /** How the gateway is, in one sentence. */
  readonly headline: string;
  readonly level: "good" | "warning" | "critical";
  /** What to do about the first finding. */
  readonly advice: string;
  /** All, what matters most first. */
  readonly findings: readonly Finding[];
  /** The same as long as the news are the same, whatever the numbers in them: only others are worth to be read out. */
  readonly news: string;
}

/** What an operator has to know first. While the gateway does not answer, nothing else is said: it would be old. */
export function diagnose(facts: Facts): Diagnosis {
  if (facts.awaySince !== undefined) return away(facts.now - facts.awaySince);
  const all = [...findInServices(facts), ...findInTraffic(facts), ...findInSystem(facts)];
  const findings = all.toSorted((a, b) => b.weight - a.weight);
  const [first, ...others] = findings.filter(({ level }) => level !== "note");
  if (first === undefined) {
    const headline = `All well: ${allWell(facts)}`;
    return { headline, level: "good", advice: notes(findings.length), findings, news: "well" };
  }
  const more = others.length === 0 ? "" : ` (and ${some(others.length, "other problem")})`;
  const level = findings.some((finding) => finding.level === "critical") ? "critical" : "warning";
  return { headline: `${first.text}${more}`, level, advice: first.advice, findings, news: first.key };
}

function away(ms: number): Diagnosis {
  return {
    headline: `The gateway does not answer, since ${span(ms)}`,
    level: "critical",
    advice: "The admin port cannot be reached: what you see is from before. It is tried again until it answers.",
    findings: [],
    news: "away",
  };
}

function allWell({ services, traffic: { total } }: Facts): string {
  const errors = total.requests === 0 ? "no errors" : `${share(failing(total))} errors`;
  return `${some(services.length, "service")}, ${rate(total.requests).replace("/s", " requests/s")}, ${errors}`;
}

function notes(number: number): string {
  return number === 0
    ? "Nothing is down, open, slow or limited."
    : `There ${number === 1 ? "is a note" : "are notes"} below.`;
}
