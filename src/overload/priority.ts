/** How much the requests of a route matter when not all can be served. */
export type Priority = "low" | "normal" | "high" | "critical";

/** The level of overload from which a priority is refused; no level reaches the last. */
export const REFUSED_FROM: Readonly<Record<Priority, number>> = { low: 1, normal: 2, high: 3, critical: 4 };

/** What is refused at a level, the least first. */
export function refusedAt(level: number): readonly string[] {
  return Object.entries(REFUSED_FROM).flatMap(([priority, from]) => (from <= level ? priority : []));
}
