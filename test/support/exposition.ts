import type { TextFormat } from "../../src/observe/metrics/text.ts";

/** A line with a number. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A metric as it was read. */
export interface ReadFamily {
  readonly type: string;
  readonly help: string;
  readonly unit: string | undefined;
  readonly samples: Sample[];
}

export class Exposition {
  readonly families: ReadonlyMap<string, ReadFamily>;

  constructor(families: ReadonlyMap<string, ReadFamily>) {
    this.families = families;
  }

  /** The value of the one sample with that name and exactly these labels; undefined if there is none. */
  value(name: string, labels: Readonly<Record<string, string>> = {}): number | undefined {
    const samples = [...this.families.values()].flatMap((family) => family.samples);
    return samples.find((sample) => sample.name === name && Bun.deepEquals(sample.labels, labels))?.value;
  }
}

const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const DESCRIPTION = new RegExp(`^# (HELP|TYPE|UNIT) (${NAME}) (.*)$`);
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(.*)\\})? (\\S+)$`);
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"(,|$)/y;
const NUMBER = /^(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|[+-]Inf|NaN)$/;
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  counter: ["_total"],
  gauge: [""],
  histogram: ["_bucket", "_sum", "_count"],
};

/** Reads metrics as strictly as the two formats are described; throws an Error with the line that is not right. */
export function readExposition(text: string, format: TextFormat): Exposition {
  if (!text.endsWith("\n")) throw new Error("the last line has no end");
  const lines = text.slice(0, -1).split("\n");
  if (format === "openmetrics" && lines.pop() !== "# EOF") throw new Error("# EOF is missing");
  const reader = new Reader(format);
  for (const line of lines) {
    try {
      reader.read(line);
    } catch (cause) {
      throw new Error(`${cause instanceof Error ? cause.message : cause}: ${line}`, { cause });
    }
  }
  reader.finish();
  return new Exposition(reader.families);
}

interface Description {
  readonly name: string;
  type?: string;
  help?: string;
  unit?: string;
}

interface OpenFamily extends ReadFamily {
  readonly name: string;
}

class Reader {
  readonly families = new Map<string, ReadFamily>();
  readonly #format: TextFormat;
  readonly #seen = new Set<string>();
  #pending: Description | undefined = undefined;
  #family: OpenFamily | undefined = undefined;

  constructor(format: TextFormat) {
    this.#format = format;
  }

  read(line: string): void {
    const [, keyword, name = "", rest = ""] = DESCRIPTION.exec(line) ?? [];
    if (keyword === undefined) return this.#sample(line);
    if (this.families.has(name)) throw new Error("a family comes twice, or is described behind its samples");
    if (this.#pending?.name !== name) {
      if (this.#pending !== undefined) throw new Error("a family has no samples");
      this.finish();
      this.#pending = { name };
    }
    const key = keyword.toLowerCase() as "help" | "type" | "unit";
    if (this.#pending[key] !== undefined) throw new Error(`${keyword} comes twice`);
    this.#pending[key] = key === "help" ? unescaped(rest, this.#format === "openmetrics") : rest;
  }

  finish(): void {
    if (this.#family?.type === "histogram") checkHistogram(this.#family);
    this.#family = undefined;
  }

  #sample(line: string): void {
    const [, name = "", labelText = "", value = ""] = SAMPLE.exec(line) ?? [];
    if (name === "" || !NUMBER.test(value)) throw new Error("not a line of this format");
    if (this.#pending !== undefined) this.#open(this.#pending);
    const family = this.#family;
    if (family === undefined) throw new Error("a sample without a family");
    const hasTotal = this.#format === "prometheus" && family.type === "counter";
    const endings = hasTotal ? [""] : (SUFFIXES[family.type] ?? []);
    if (!endings.some((ending) => name === family.name + ending)) throw new Error("a sample of another family");
    const labels = readLabels(labelText);
    const key = JSON.stringify([name, Object.entries(labels).sort()]);
    if (this.#seen.has(key)) throw new Error("a series comes twice");
    this.#seen.add(key);
    if (family.type === "counter" && !(Number(value) >= 0)) throw new Error("a counter below 0");
    family.samples.push({ name, labels, value: Number(value) });
  }

  #open({ name, type, help, unit }: Description): void {
    if (type === undefined || help === undefined) throw new Error("HELP or TYPE is missing");
    if (!(type in SUFFIXES)) throw new Error("an unknown type");
    const isNamedRight = type !== "counter" || name.endsWith("_total") === (this.#format === "prometheus");
    if (!isNamedRight) throw new Error("a counter's name is not as the format has it");
    if (unit !== undefined && !name.endsWith(`_${unit}`)) throw new Error("the unit is not in the name");
    this.#family = { name, type, help, unit, samples: [] };
    this.families.set(name, this.#family);
    this.#pending = undefined;
  }
}

function readLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  for (let at = 0; at < text.length; at = LABEL.lastIndex) {
    const [, name = "", value = "", comma] = LABEL.exec(text) ?? [];
    if (name === "" || (comma === "," && LABEL.lastIndex === text.length)) throw new Error("not a list of labels");
    if (name in labels) throw new Error("a label comes twice");
    labels[name] = unescaped(value, true);
  }
  return labels;
}

function unescaped(text: string, hasQuotes: boolean): string {
  return text.replace(/\\(.?)/g, (_, char: string) => {
    if (char === "n") return "\n";
    if (char === "\\" || (char === '"' && hasQuotes)) return char;
    throw new Error(`not an escape: \\${char}`);
  });
}

/** Of each series: rising bounds, counts that do not fall, +Inf last and as many as the count says. */
function checkHistogram({ name, samples }: OpenFamily): void {
  const keyOf = ({ le, ...labels }: Readonly<Record<string, string>>) => JSON.stringify(Object.entries(labels).sort());
  for (const [key, series] of Map.groupBy(samples, ({ labels }) => keyOf(labels))) {
    const buckets = series.filter((sample) => sample.name === `${name}_bucket`);
    const bounds = buckets.map(({ labels }) => (labels.le === "+Inf" ? Number.POSITIVE_INFINITY : Number(labels.le)));
    const isRising = bounds.every((bound, i) => i === 0 || bound > (bounds[i - 1] ?? Number.NaN));
    const doesNotFall = buckets.every(({ value }, i) => i === 0 || value >= (buckets[i - 1]?.value ?? Number.NaN));
    const count = series.filter((sample) => sample.name === `${name}_count`);
    const sum = series.filter((sample) => sample.name === `${name}_sum`);
    const isWhole = bounds.at(-1) === Number.POSITIVE_INFINITY && count.length === 1 && sum.length === 1;
    if (isRising && doesNotFall && isWhole && buckets.at(-1)?.value === count[0]?.value) continue;
    throw new Error(`the histogram ${name} ${key} is not right`);
  }
}
