import { parseArgs } from "node:util";

/** What the bench was asked to do. */
export interface Options {
  /** Names of the contenders to run, in the order they are run. */
  readonly contenders: readonly string[];
  /** Names of the scenarios to run. */
  readonly scenarios: readonly string[];
  readonly rounds: number;
  /** Of one measurement. */
  readonly seconds: number;
  /** Of load on each contender before a scenario's first round. */
  readonly warmSeconds: number;
  /** File for all figures of all rounds. */
  readonly json: string | undefined;
  /** Print Markdown instead of plain text. */
  readonly isMarkdown: boolean;
  /** Look where the time goes, instead of measuring. */
  readonly isProfile: boolean;
  readonly isHelp: boolean;
}

/** What may be named on the command line. */
export interface Known {
  readonly contenders: readonly string[];
  readonly scenarios: readonly string[];
}

/** How the bench is called. */
export const USAGE = `Usage: bun run bench [OPTIONS]

  --only NAME       Run this contender alone; may be repeated
  --scenario NAME   Run this scenario alone; may be repeated
  --rounds N        Rounds, each contender once a round (5)
  --seconds N       Length of one measurement (1)
  --quick           One round of one second
  --json FILE       Write all figures of all rounds to FILE
  --markdown        Print Markdown, as in docs/performance.md
  --profile         Instead, show where the CPU time of "small", or of the one --scenario, goes (perf, as root)
  --help            Print this
`;

const FULL = { rounds: 5, seconds: 1, warmSeconds: 1 };
const QUICK = { rounds: 1, seconds: 1, warmSeconds: 1 };

/**
 * Reads the command line.
 *
 * @throws Error that says what is wrong with it
 */
export function readOptions(args: readonly string[], known: Known): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: "string", multiple: true },
      scenario: { type: "string", multiple: true },
      rounds: { type: "string" },
      seconds: { type: "string" },
      quick: { type: "boolean", default: false },
      json: { type: "string" },
      markdown: { type: "boolean", default: false },
      profile: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const defaults = values.quick ? QUICK : FULL;
  const rounds = positive("--rounds", values.rounds, defaults.rounds);
  if (!Number.isInteger(rounds)) throw new Error(`--rounds: expected a whole number, found ${values.rounds}`);
  return {
    contenders: chosen("--only", values.only, known.contenders),
    scenarios: chosen("--scenario", values.scenario, known.scenarios),
    rounds,
    seconds: positive("--seconds", values.seconds, defaults.seconds),
    warmSeconds: defaults.warmSeconds,
    json: values.json,
    isMarkdown: values.markdown,
    isProfile: values.profile,
    isHelp: values.help,
  };
}

function chosen(option: string, names: readonly string[] | undefined, known: readonly string[]): readonly string[] {
  if (names === undefined) return known;
  const stranger = names.find((name) => !known.includes(name));
  if (stranger !== undefined) throw new Error(`${option}: expected one of ${known.join(", ")}, found ${stranger}`);
  return known.filter((name) => names.includes(name));
}

function positive(option: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) throw new Error(`${option}: expected a number above 0, found ${text}`);
  return value;
}
