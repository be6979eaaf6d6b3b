import { type CounterSeries, GatewayError, type Scope } from "../../src/plugin.ts";
import { REFUSALS, type Refusal, reasonOf } from "./refusals.ts";

type Outcome = "accepted" | "missing" | "refused" | "forbidden" | "unavailable";

/** What one instance counts. */
export interface TokenMetrics extends Readonly<Record<Outcome, CounterSeries>> {
  /** Of the refused, by reason. */
  readonly reasons: ReadonlyMap<Refusal, CounterSeries>;
}

export function createMetrics({ metrics, route }: Pick<Scope, "metrics" | "route">): TokenMetrics {
  const name = route?.name ?? "";
  const requests = metrics.counter({
    name: "requests_total",
    help: "Requests by what became of their token.",
    labels: ["route", "outcome"],
  });
  const refusals = metrics.counter({
    name: "refusals_total",
    help: "Tokens that were refused, by what is wrong with them.",
    labels: ["route", "reason"],
  });
  const of = (outcome: Outcome) => requests.with(name, outcome);
  return {
    accepted: of("accepted"),
    missing: of("missing"),
    refused: of("refused"),
    forbidden: of("forbidden"),
    unavailable: of("unavailable"),
    reasons: new Map(REFUSALS.map((reason) => [reason, refusals.with(name, reason)])),
  };
}

/** The error, counted. A challenge that names no error means that there was no token. */
export function counted(error: unknown, counts: TokenMetrics): unknown {
  if (!(error instanceof GatewayError)) return error;
  if (error.code === "forbidden") counts.forbidden.inc();
  else if (error.status === 503) counts.unavailable.inc();
  else if (error.headers?.["www-authenticate"]?.includes("error=") !== true) counts.missing.inc();
  else {
    counts.refused.inc();
    counts.reasons.get(reasonOf(error))?.inc();
  }
  return error;
}
