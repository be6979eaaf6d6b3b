import { type Finding, percent, type Watch } from "./finding.ts";
import type { Reading } from "./reading.ts";
import type { LevelRule } from "./rule.ts";
import { stateFindings } from "./states.ts";

/** Watches how full something is, or whether it is as it should be, by the latest reading. */
export class LevelWatch implements Watch {
  readonly #rule: LevelRule;
  #findings: readonly Finding[] = [];

  constructor(rule: LevelRule) {
    this.#rule = rule;
  }

  /** @param at ms since 1970 */
  onReading(reading: Reading, at: number): void {
    const find = this.#rule.kind === "state" ? stateFindings : levelFindings;
    const { only } = this.#rule;
    this.#findings = find(this.#rule, reading, at).filter(({ subject }) => {
      return only === undefined || (subject.service !== undefined && only.has(subject.service));
    });
  }

  findings(): readonly Finding[] {
    return this.#findings;
  }
}

function levelFindings(rule: LevelRule, reading: Reading): readonly Finding[] {
  switch (rule.of) {
    case "pool":
      return ofPools(
        rule,
        reading,
        "max-connections",
        ({ inUse }) => inUse,
        "of the connections to a target are in use",
      );
    case "pending":
      return ofPools(
        rule,
        reading,
        "max-pending",
        ({ pending }) => pending,
        "of the places to wait for a connection are taken",
      );
    case "max-requests":
      return ofRequests(rule, reading);
    case "loop-lag":
      return ofProcess(
        rule,
        (reading.loopLag ?? 0) * 1_000,
        (ms) => `the process is ${Math.round(ms)} ms late with everything`,
      );
    default:
      return ofProcess(
        rule,
        reading.memory ?? 0,
        (bytes) => `the gateway has ${Math.round(bytes / 1_048_576)} MB of memory`,
      );
  }
}

/** Of each service its fullest target. Workers have a pool each. */
function ofPools(
  rule: LevelRule,
  { services, workers, config }: Reading,
  bound: "max-connections" | "max-pending",
  read: (pool: { readonly inUse: number; readonly pending: number }) => number,
  words: string,
): readonly Finding[] {
  const processes = Math.max(1, workers.filter(({ state }) => state === "running").length);
  return services.flatMap(({ name, targets }) => {
    const most = (config.services[name]?.pool[bound] ?? 0) * processes;
    if (most === 0) return [];
    const share = Math.max(0, ...targets.map(({ pool }) => read(pool))) / most;
    return level(rule, share, { service: name }, () => `${name}: ${percent(share)} ${words}`);
  });
}

function ofRequests(rule: LevelRule, { services }: Reading): readonly Finding[] {
  return services.flatMap(({ name, limiters = [] }) => {
    const limiter = limiters.find(({ plugin }) => plugin === "max-requests");
    if (limiter === undefined || limiter.limit === 0) return [];
    const share = limiter.inFlight / limiter.limit;
    return level(rule, share, { service: name }, () => `${name}: ${percent(share)} of max-requests are under way`);
  });
}

function ofProcess(rule: LevelRule, value: number, words: (value: number) => string): readonly Finding[] {
  return level(rule, value, {}, () => words(value));
}

function level(
  { above, severity }: LevelRule,
  value: number,
  subject: Finding["subject"],
  summary: () => string,
): readonly Finding[] {
  return value >= above ? [{ subject, severity, value, threshold: above, summary: summary() }] : [];
}
