/** `bun run soak`: the gateway under mixed load for a long time. Exits with 1 if anything was not as it must be. */
import { argv, exit, stderr, stdout } from "node:process";
import { parseArgs } from "node:util";
import { KINDS } from "./kinds.ts";
import { soak } from "./soak.ts";

const USAGE = `Usage: bun run soak [OPTIONS]

  --minutes N   Length of the load (30); parts of a minute are fine
  --seed N      Makes the clients choose the same as in another run
  --help        Print this
`;
const SAMPLE_MS = 10_000;
/** Between two samples of a short run: in less time nothing happens. */
const LEAST_MS = 500;
const EXIT_USAGE = 2;

interface Options {
  readonly minutes: number;
  readonly seed: number;
  readonly isHelp: boolean;
}

function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: { minutes: { type: "string" }, seed: { type: "string" }, help: { type: "boolean", default: false } },
  });
  const minutes = Number(values.minutes ?? 30);
  const seed = Number(values.seed ?? Date.now() % 1_000_000_007);
  if (!(minutes > 0 && minutes < 10_000))
    throw new Error(`--minutes: expected a number above 0, found ${values.minutes}`);
  if (!Number.isSafeInteger(seed)) throw new Error(`--seed: expected a whole number, found ${values.seed}`);
  return { minutes, seed, isHelp: values.help };
}

function optionsOf(args: readonly string[]): Options {
  try {
    return readOptions(args);
  } catch (error) {
    stderr.write(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    exit(EXIT_USAGE);
  }
}

const { minutes, seed, isHelp } = optionsOf(argv.slice(2));
if (isHelp) {
  stdout.write(USAGE);
  exit(0);
}
const print = (line: string) => void stdout.write(`${line}\n`);
print(`${minutes} minutes, seed ${seed}`);
const seconds = minutes * 60;
const everyMs = Math.min(SAMPLE_MS, Math.max(LEAST_MS, (seconds * 1_000) / 12));
const { problems, runs } = await soak({ seconds, everyMs, seed, kinds: KINDS, print });
print([...runs].map(([kind, count]) => `${kind} ${count}`).join(", "));
for (const problem of problems) print(`problem: ${problem}`);
print(problems.length === 0 ? "all was well" : `${problems.length} problems`);
exit(problems.length === 0 ? 0 : 1);
