export interface UntilOptions {
  /** Ms after which it gives up; 15 s unless told: on a busy machine much is late that is not lost. */
  readonly timeout?: number;
  /** Completes "gave up waiting until …". */
  readonly what?: string | (() => string);
}

/** How long tests wait for what has to come, unless told. */
export const PATIENCE_MS = 15_000;
const LONGEST_PAUSE_MS = 20;

/**
 * Waits until the condition yields something other than false, undefined or null, and answers that. It is asked at
 * once and then again after pauses of 1 to 20 ms. Rejects after the timeout, with the condition's text or `what`.
 */
export async function until<T>(
  condition: () => T | Promise<T>,
  { timeout = PATIENCE_MS, what }: UntilOptions = {},
): Promise<Exclude<T, false | undefined | null>> {
  const deadline = performance.now() + timeout;
  for (let pause = 1; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    const result = await condition();
    if (isAnswer(result)) return result;
    if (performance.now() > deadline) throw new Error(`gave up waiting until ${describe(what, condition)}`);
    await Bun.sleep(pause);
  }
}

function isAnswer<T>(result: T): result is Exclude<T, false | undefined | null> {
  return result !== false && result !== undefined && result !== null;
}

function describe(what: UntilOptions["what"], condition: () => unknown): string {
  if (typeof what === "function") return what();
  return what ?? condition.toString();
}
