import type { Effect } from "./traffic.ts";

/** Something that goes wrong for some minutes, and is to be found. */
export interface Incident {
  readonly name: string;
  readonly minutes: number;
  /** In its minute `i`, from 0. */
  effect(i: number): Effect;
}

/** Every kind, in words for the table. */
export const INCIDENTS: readonly Incident[] = [
  { name: "errors: 10 % fail, 20 min", minutes: 20, effect: () => ({ errors: 0.1 }) },
  { name: "errors: 3 % fail, 60 min", minutes: 60, effect: () => ({ errors: 0.03 }) },
  { name: "errors creep: 0 to 6 % in 3 h", minutes: 180, effect: (i) => ({ errors: (0.06 * i) / 180 }) },
  { name: "traffic gone, 20 min", minutes: 20, effect: () => ({ rate: 0 }) },
  { name: "traffic a quarter, 30 min", minutes: 30, effect: () => ({ rate: 0.25 }) },
  { name: "latency ×2.5, 60 min", minutes: 60, effect: () => ({ latency: 2.5 }) },
  { name: "latency creep: ×1 to ×4 in 3 h", minutes: 180, effect: (i) => ({ latency: 1 + (3 * i) / 180 }) },
  { name: "flash crowd ×5, 30 min", minutes: 30, effect: (i) => ({ rate: 1 + 4 * Math.min(1, (i + 1) / 5) }) },
];
