/** What `within` answers where there is no answer. */
export const LATE = Symbol("late");

/** The promise's own outcome, or `LATE` after that many ms. */
export async function within<T>(promise: Promise<T>, ms: number): Promise<T | typeof LATE> {
  const late = Promise.withResolvers<typeof LATE>();
  const timer = setTimeout(() => late.resolve(LATE), ms);
  return await Promise.race([promise, late.promise]).finally(() => clearTimeout(timer));
}
