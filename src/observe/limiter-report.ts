/** What a plugin that limits a service tells of it, for the admin port. */
export interface LimiterReport {
  readonly plugin: string;
  /** Where its options are written. */
  readonly site: string;
  /** Requests that may be under way, at the moment. */
  readonly limit: number;
  readonly inFlight: number;
  /** Since the start. */
  readonly refused: number;
}

/** Several workers' limiters as one; of an entry that a worker does not have the others are told. */
export function sumLimiters(
  some: readonly LimiterReport[],
  others: readonly LimiterReport[],
): readonly LimiterReport[] {
  return some.map((a) => {
    const b = others.find(({ plugin, site }) => plugin === a.plugin && site === a.site);
    if (b === undefined) return a;
    return { ...a, limit: a.limit + b.limit, inFlight: a.inFlight + b.inFlight, refused: a.refused + b.refused };
  });
}
