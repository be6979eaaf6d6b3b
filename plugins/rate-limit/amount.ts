/** So many in so many ms. */
export interface Amount {
  readonly limit: number;
  readonly windowMs: number;
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `limit: 100` with `window: 1m`, or `limit: 100/m` alone. Throws Error with a text for people. */
export function amountOf(limit: number | string, windowMs: number | undefined): Amount {
  if (typeof limit === "number") {
    if (windowMs === undefined)
      throw new Error(`limit: ${limit} needs a window, such as window: 1m, or write ${limit}/m`);
    return { limit, windowMs };
  }
  if (windowMs !== undefined) throw new Error(`window: limit: ${limit} has one already`);
  const [, count = "", times = "", unit = ""] = /^(\d+)\/(\d*)([a-z]+)$/.exec(limit) ?? [];
  return { limit: Number(count), windowMs: (times === "" ? 1 : Number(times)) * (UNITS[unit] ?? 0) };
}

/** 60000 → "1m". */
export function windowText(ms: number): string {
  const [unit, factor] = Object.entries(UNITS).findLast(([, factor]) => ms % factor === 0) ?? ["ms", 1];
  return `${ms / factor}${unit}`;
}
