const FIRST_MS = 50;
const LONGEST_MS = 2_000;

/** Ms until the next attempt to connect, after so many failures: it doubles up to two seconds, and is never the same. */
export function backoffMs(failures: number): number {
  const most = Math.min(FIRST_MS * 2 ** Math.min(failures - 1, 10), LONGEST_MS);
  return Math.round(most * (0.5 + Math.random() / 2));
}
