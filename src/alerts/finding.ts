import type { Severity } from "./rule.ts";

/** What an alert is about; all undefined: the gateway as a whole. */
export interface Subject {
  readonly route?: string;
  readonly service?: string;
  /** URL of a target, name of a certificate's file, or a number of a worker. */
  readonly part?: string;
  /** Of an anomaly: what is unusual. */
  readonly signal?: string;
}

/** A condition of a rule that holds at the moment. */
export interface Finding {
  readonly subject: Subject;
  readonly severity: Severity;
  /** What was measured, and the bound that it is beyond, in the unit of the rule. */
  readonly value: number;
  readonly threshold: number;
  /** For people, in one sentence without its full stop. */
  readonly summary: string;
}

/** Watches one rule. What it keeps is bounded by the routes and services that there are. */
export interface Watch {
  /** The conditions that hold now; `at` is ms since 1970. */
  findings(at: number): readonly Finding[];
}

/** "95 %", "0.13 %". */
export function percent(share: number): string {
  const value = share * 100;
  return `${value >= 10 ? Math.round(value) : Number(value.toPrecision(2))} %`;
}
