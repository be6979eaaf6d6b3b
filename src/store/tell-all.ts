/**
 * Tells all who wait for one answer. One that throws, though it must not, keeps none of the others waiting: its error is
 * nobody's then, as that of a promise without a handler.
 */
export function tellAll<T>(waiting: readonly T[], tell: (one: T) => void): void {
  for (const one of waiting) {
    try {
      tell(one);
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}
