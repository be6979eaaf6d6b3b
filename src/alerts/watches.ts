import type { AlertsConfig } from "../config/schema-alerts.ts";
import type { Sample } from "../history/sample.ts";
import type { Logger } from "../observe/logger.ts";
import { KeptBaselines, type Learnt, type LearntByRule } from "./anomaly/kept.ts";
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
  readonly #log: Logger;
  #watched: readonly Watched[] = [];
  #kept: KeptBaselines | undefined = undefined;
  /** Of files that are not named any more: their last writes. */
  #left: Promise<unknown> = Promise.resolve();

  constructor(log: Logger) {
    this.#log = log;
  }

  get rules(): readonly Rule[] {
    return this.#watched.map(({ rule }) => rule);
  }

  /** Goes by these rules; answers the names of those that are gone, or are others now. */
  configure(config: AlertsConfig | undefined, at: number): readonly string[] {
    const before = this.#watched;
    const file = config?.anomalies?.state;
    const isElsewhere = file !== this.#kept?.file;
    const learnt = isElsewhere ? this.#follow(file, at) : {};
    this.#watched = (config === undefined ? [] : rulesOf(config)).map((rule) => {
      const known = before.find((one) => Bun.deepEquals(one.rule, rule));
      return known ?? { rule, watch: watchOf(rule, at, { ...learnt[rule.name], ...learntFor(rule, before) }) };
    });
    // What is known is in the new file at once: it has nothing to lose by a crash but what it learns from now on.
    if (isElsewhere && before.length > 0) void this.#kept?.save(at, this.#learnt);
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

  /** Writes what was learned, from time to time. */
  keep(at: number): void {
    this.#kept?.saveSeldom(at, () => this.#learnt);
  }

  /** Resolves when what was learned has been written. */
  async close(at: number): Promise<void> {
    await Promise.all([this.#left, this.#kept?.save(at, this.#learnt)]);
    this.#watched = [];
  }

  get #learnt(): LearntByRule {
    const learning = this.#watched.flatMap(({ rule, watch }) => {
      return watch instanceof AnomalyWatch ? [[rule.name, watch.learnt] as const] : [];
    });
    return Object.fromEntries(learning);
  }

  /** What another file has. The one before is left with all that is known. */
  #follow(file: string | undefined, at: number): LearntByRule {
    const left = this.#kept?.save(at, this.#learnt);
    this.#left = Promise.all([this.#left, left]);
    this.#kept = file === undefined ? undefined : new KeptBaselines(file, this.#log, at);
    return this.#kept?.load() ?? {};
  }
}

/** What a rule of the same name and about the same has learned: a season of another length begins anew by itself. */
function learntFor(rule: Rule, watched: readonly Watched[]): Learnt {
  const before = watched.find((one) => one.rule.name === rule.name);
  if (rule.kind !== "anomaly" || before?.rule.kind !== "anomaly" || before.rule.per !== rule.per) return {};
  return before.watch instanceof AnomalyWatch ? before.watch.learnt : {};
}

function watchOf(rule: Rule, at: number, learnt: Learnt): AnyWatch {
  switch (rule.kind) {
    case "saturation":
    case "state":
      return new LevelWatch(rule);
    case "anomaly":
      return new AnomalyWatch(rule, learnt);
    default:
      return new BurnWatch(rule, at);
  }
}
