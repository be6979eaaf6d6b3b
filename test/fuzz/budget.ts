import { env } from "node:process";

/**
 * How long and from where the generator goes: `FUZZ_SECONDS` for each test, and `FUZZ_SEED` for one that has been
 * printed by a failure. Without them every run of the suite is short, and another one.
 */
export const FUZZ_MS = 1_000 * Number(env.FUZZ_SECONDS ?? 1);
const FIRST_SEED: number = env.FUZZ_SEED === undefined ? Date.now() % 1_000_000_007 : Number(env.FUZZ_SEED);

/**
 * From where comparisons with other programs go: always the same in the suite, for what another version of them says
 * of a rare message is no news about the gateway.
 */
export const COMPARE_SEED: number = env.FUZZ_SECONDS === undefined && env.FUZZ_SEED === undefined ? 1 : FIRST_SEED;

/** Calls the function with seeds until the time is over, and names the seed of a failure. Answers how many it had. */
export function fuzz(check: (seed: number) => void): number {
  const end = performance.now() + FUZZ_MS;
  let seed = FIRST_SEED;
  do {
    try {
      check(seed);
    } catch (cause) {
      throw new Error(`FUZZ_SEED=${seed}: ${cause instanceof Error ? cause.message : cause}`, { cause });
    }
    seed++;
  } while (performance.now() < end);
  return seed - FIRST_SEED;
}
