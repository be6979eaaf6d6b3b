/** Runs something once in so many ms at most, however often it is asked: a warning for each of a flood would be one too. */
export function seldom(everyMs: number, now: () => number): (run: () => void) => void {
  let nextAt = 0;
  return (run) => {
    const at = now();
    if (at < nextAt) return;
    nextAt = at + everyMs;
    run();
  };
}
