import type { AlertsConfig } from "../config/schema-alerts.ts";
import type { Sample } from "../history/sample.ts";
import { AnomalyWatch, type Progress } from "./anomaly/watch.ts";
import { BurnWatch } from "./burn-rate.ts";
import type { Finding } from "./finding.ts";
import { LevelWatch } from "./levels.ts";
import type { Reading } from "./reading.ts";
import { type Rule, rulesOf } from "./rule.ts";

type AnyWatch = BurnWatch | LevelWatch | AnomalyWatch;

interface Watched {
  readonly rule: Rule;
  readonly watch: AnyWatch;
}

/** What watches each rule, in the order of the rules. */
export class Watches {
  #watched: readonly Watched[] = [];

  get rules(): readonly Rule[] {
    return this.#watched.map(({ rule }) => rule);
  }

  /** Goes by these rules; answers the names of those that are gone, or are others now. */
  configure(config: AlertsConfig | undefined, at: number): readonly string[] {
    const before = this.#watched;
    this.#watched = (config === undefined ? [] : rulesOf(config)).map((rule) => {
      const known = before.find((one) => Bun.deepEquals(one.rule, rule));
      return known ?? { rule, watch: watchOf(rule, at) };
    });
    return before.filter((one) => !this.#watched.includes(one)).map(({ rule }) => rule.name);
  }

  onSample(sample: Sample): void {
    for (const { watch } of this.#watched) if (!(watch instanceof LevelWatch)) watch.onSample(sample);
  }

  onReading(reading: Reading, at: number): void {
    for (const { watch } of this.#watched) if (watch instanceof LevelWatch) watch.onReading(reading, at);
  }

  findings(at: number): readonly { readonly rule: Rule; readonly findings: readonly Finding[] }[] {
    return this.#watched.map(({ rule, watch }) => ({ rule, findings: watch.findings(at) }));
  }

  /** How far a rule that learns has come. */
  progressOf(name: string): Progress | undefined {
    const watch = this.#watched.find(({ rule }) => rule.name === name)?.watch;
    return watch instanceof AnomalyWatch ? watch.progress : undefined;
  }

  async close(): Promise<void> {
    this.#watched = [];
  }
}

function watchOf(rule: Rule, at: number): AnyWatch {
  switch (rule.kind) {
    case "saturation":
    case "state":
      return new LevelWatch(rule);
    case "anomaly":
      return new AnomalyWatch(rule);
    default:
      return new BurnWatch(rule, at);
  }
}
