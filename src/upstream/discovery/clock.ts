import { pause } from "../../pause.ts";

/** Time and chance, as discovery needs them; injected in tests. */
export interface Clock {
  /** Wall-clock time in ms since 1970. */
  now(): number;
  /** Resolves after that many ms, 24 days at most, or as soon as the signal aborts; never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Uniform in [0, 1). */
  random(): number;
}

/** The real one. */
export const systemClock: Clock = {
  now: Date.now,
  random: Math.random,
  sleep: pause,
};

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

/** The pause after so many failures in a row, at least 1, in ms: doubled each time up to 30 s, a random half of it off. */
export function backOffMs(failures: number, random: () => number): number {
  const whole = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1));
  return whole * (0.5 + random() / 2);
}
