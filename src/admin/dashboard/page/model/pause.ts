/** After failures the pause doubles up to this many ms. */
const LONGEST_PAUSE_MS = 8_000;
/** A question may keep the gateway busy for a fifth of the time, no more. */
const PAUSE_PER_WORK = 4;

/** How long to wait after a question that has taken `tookMs`, the last of so many that failed. */
export function pauseMs(everyMs: number, failures: number, tookMs: number): number {
  if (failures === 0) return Math.max(everyMs, tookMs * PAUSE_PER_WORK);
  return Math.max(everyMs, Math.min(LONGEST_PAUSE_MS, 500 * 2 ** Math.min(failures, 10)));
}
