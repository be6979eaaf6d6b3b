import type { Sample } from "./load.ts";
import type { Results, ScenarioResult } from "./report.ts";
import { cpuUsPerRequest, figureOf, ratiosOf, type Series } from "./summary.ts";

/** What Sluice is held to in one scenario. */
interface Target {
  readonly scenario: string;
  readonly what: string;
  /** The measured figure is to be at most this. */
  readonly most: number;
  /** What is measured; Sluice without plugins unless told. */
  readonly contender?: string;
  /** The contender that it is compared to; undefined: the figure stands for itself. */
  readonly reference?: string;
  readonly of: (sample: Sample) => number;
}

const US = "sluice";
const p99 = (sample: Sample) => sample.p99Us;

const RATIOS: readonly Target[] = [
  { scenario: "small", what: "CPU", reference: "haproxy", most: 1.15, of: cpuUsPerRequest },
  { scenario: "small", what: "CPU", reference: "nginx", most: 1, of: cpuUsPerRequest },
  { scenario: "large", what: "CPU", reference: "haproxy", most: 1.5, of: cpuUsPerRequest },
  { scenario: "large", what: "CPU", reference: "nginx", most: 1, of: cpuUsPerRequest },
  { scenario: "large", what: "CPU", reference: "nginx-stock", most: 1, of: cpuUsPerRequest },
  { scenario: "large", what: "CPU", reference: "caddy", most: 1, of: cpuUsPerRequest },
  { scenario: "tls", what: "CPU", reference: "nginx", most: 1, of: cpuUsPerRequest },
  { scenario: "jwt", what: "CPU", contender: "sluice-jwt", reference: "haproxy-jwt", most: 1, of: cpuUsPerRequest },
  { scenario: "cached", what: "CPU", reference: "nginx", most: 1.1, of: cpuUsPerRequest },
  { scenario: "cached-large", what: "CPU", reference: "nginx", most: 1.1, of: cpuUsPerRequest },
  { scenario: "cached", what: "CPU", reference: "varnish", most: 1.1, of: cpuUsPerRequest },
  { scenario: "cached-large", what: "CPU", reference: "varnish", most: 1.1, of: cpuUsPerRequest },
  { scenario: "open-same", what: "p99", reference: "haproxy", most: 2, of: p99 },
  { scenario: "open-own", what: "p99", reference: "haproxy", most: 2, of: p99 },
];
/** Of a p99, what may be the load generator's own lateness. */
const MOST_LATE = 0.5;
const LATE = "the load generator itself was late, its core has other work";
const IDLE_BYTES = 5_000;
/** What tokens, blacklist and limit may add to a request, in microseconds. */
const ADDED_US = 6;
/** What metrics, the access log and traces may add together. */
const OBSERVED_US = 2;

/** A line for each target: met or missed, with the figure; or that it was not measured. */
export function verdict(results: Results): readonly string[] {
  const ratios = RATIOS.map(({ scenario, what, contender = US, reference = "", most, of }) => {
    const result = results.scenarios.find((each) => each.scenario.name === scenario);
    const [ours, theirs] = [seriesOf(result, contender), seriesOf(result, reference)];
    const target = `${scenario}: ${what} at most ${most.toFixed(2)} × ${reference}`;
    if (ours === undefined || theirs === undefined) return `not measured  ${target}`;
    const ratio = figureOf(ratiosOf(ours.samples, theirs.samples, of)).median;
    const late = figureOf([...ours.samples, ...theirs.samples].map(lateShare)).median;
    if (late > MOST_LATE) return `unclear  ${target}, found ${ratio.toFixed(2)}: ${LATE}`;
    return `${ratio <= most ? "met" : "MISSED"}  ${target}, found ${ratio.toFixed(2)}`;
  });
  return [
    ...ratios,
    addedLine(results, { scenario: "jwt", what: "plugins add", from: US, to: "sluice-jwt", most: ADDED_US }),
    addedLine(results, {
      scenario: "observed",
      what: "metrics, access log and traces add",
      from: "sluice-blind",
      to: "sluice-observed",
      most: OBSERVED_US,
    }),
    idleLine(
      seriesOf(
        results.scenarios.find((each) => each.scenario.idle > 0),
        US,
      ),
    ),
  ];
}

/** What one contender may cost more than another. */
interface Addition {
  readonly scenario: string;
  readonly what: string;
  readonly from: string;
  readonly to: string;
  /** In µs a request. */
  readonly most: number;
}

/** Within each round, as for ratios. */
function addedLine(results: Results, { scenario, what, from, to, most }: Addition): string {
  const result = results.scenarios.find((each) => each.scenario.name === scenario);
  const target = `${scenario}: ${what} at most ${most} µs`;
  const [plain, other] = [seriesOf(result, from), seriesOf(result, to)];
  if (plain === undefined || other === undefined) return `not measured  ${target}`;
  const added = other.samples.flatMap((sample, round) => {
    const without = plain.samples[round];
    return without === undefined ? [] : [cpuUsPerRequest(sample) - cpuUsPerRequest(without)];
  });
  const { median } = figureOf(added);
  return `${median <= most ? "met" : "MISSED"}  ${target}, found ${median.toFixed(1)}`;
}

function idleLine(series: Series | undefined): string {
  const target = `idle: less than ${IDLE_BYTES} bytes a connection`;
  if (series?.idleBytes === undefined) return `not measured  ${target}`;
  const { median } = figureOf(series.idleBytes);
  return `${median < IDLE_BYTES ? "met" : "MISSED"}  ${target}, found ${Math.round(median)}`;
}

function seriesOf(result: ScenarioResult | undefined, contender: string): Series | undefined {
  return result?.series.find((series) => series.contender === contender);
}

function lateShare({ lateP99Us = 0, p99Us }: Sample): number {
  return p99Us === 0 ? 0 : lateP99Us / p99Us;
}
