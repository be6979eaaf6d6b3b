import { readFileSync } from "node:fs";
import { rename, rm, writeFile } from "node:fs/promises";
import type { Logger } from "../../observe/logger.ts";
import type { Signal } from "../rule.ts";
import type { BaselineState } from "./baseline.ts";

/** What a rule has learned: by its subjects, and of each by its signals. */
export type Learnt = Readonly<Record<string, Readonly<Partial<Record<Signal, BaselineState>>>>>;
/** By the names of rules. */
export type LearntByRule = Readonly<Record<string, Learnt>>;

const VERSION = 1;
const EVERY_MS = 15 * 60_000;
/** A larger file is none of ours: 1,000 routes make a tenth of it. */
const MOST_BYTES = 128 * 1_048_576;

/** Keeps what was learned in a file, so that a restart does not forget weeks. It never fails: the log has why it does not work. */
export class KeptBaselines {
  readonly #file: string;
  readonly #log: Logger;
  #savedAt: number;
  #saving: Promise<void> = Promise.resolve();
  #isFailing = false;

  constructor(file: string, log: Logger, at: number) {
    this.#file = file;
    this.#log = log;
    this.#savedAt = at;
  }

  get file(): string {
    return this.#file;
  }

  /** What the file has; nothing if there is none, or it cannot be understood. */
  load(): LearntByRule {
    try {
      const text = readFileSync(this.#file, "utf8");
      const value: unknown = text.length > MOST_BYTES ? undefined : JSON.parse(text);
      if (isKept(value)) return value.rules;
      this.#log.warn("what alerts had learned is in a form that is not known: it is learned anew", {
        file: this.#file,
      });
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return {};
      this.#log.warn("what alerts had learned cannot be read: it is learned anew", { file: this.#file, error });
    }
    return {};
  }

  /** Writes the file if it was not written for a quarter of an hour. */
  saveSeldom(at: number, learnt: () => LearntByRule): void {
    if (at - this.#savedAt < EVERY_MS) return;
    void this.save(at, learnt());
  }

  /** Writes the file, after a write that is under way. */
  save(at: number, rules: LearntByRule): Promise<void> {
    this.#savedAt = at;
    this.#saving = this.#saving.then(() => this.#write(at, rules));
    return this.#saving;
  }

  async #write(at: number, rules: LearntByRule): Promise<void> {
    const temporary = `${this.#file}.${crypto.randomUUID()}.tmp`;
    try {
      await writeFile(temporary, JSON.stringify({ version: VERSION, savedAt: new Date(at).toISOString(), rules }));
      await rename(temporary, this.#file);
      this.#isFailing = false;
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => {});
      if (!this.#isFailing) this.#log.error("what alerts have learned cannot be written", { file: this.#file, error });
      this.#isFailing = true;
    }
  }
}

function isKept(value: unknown): value is { readonly rules: LearntByRule } {
  if (!isMap(value) || value.version !== VERSION || !isMap(value.rules)) return false;
  return Object.values(value.rules).every(
    (rule) => isMap(rule) && Object.values(rule).every((one) => isMap(one) && Object.values(one).every(isState)),
  );
}

function isState(value: unknown): value is BaselineState {
  if (!isMap(value)) return false;
  const { firstAt, level, variance, season, visits } = value;
  return [firstAt, level, variance].every(Number.isFinite) && isNumbers(season) && isNumbers(visits);
}

function isNumbers(value: unknown): boolean {
  return Array.isArray(value) && value.every(Number.isFinite);
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
