export type PeriodKind = "day" | "month";

/** A day or a month of the calendar. */
export interface Period {
  readonly kind: PeriodKind;
  /** "2026-11-25", or "2026-11". */
  readonly label: string;
  /** Ms since 1970 at which the next one begins. */
  readonly endsAtMs: number;
}

/** The period in which a moment is. */
export type PeriodAt = (kind: PeriodKind, nowMs: number) => Period;

const HOUR = 3_600_000;
/** Longer than any day and any month, also where clocks are put back. */
const LONGEST: Readonly<Record<PeriodKind, number>> = { day: 27 * HOUR, month: 32 * 24 * HOUR };

/** The calendar of a time zone; the period that a moment is in is worked out once. Throws Error if there is no such zone. */
export function calendar(timezone: string): PeriodAt {
  const format = dateFormat(timezone);
  const labelOf = (kind: PeriodKind, ms: number) => format.format(ms).slice(0, kind === "day" ? 10 : 7);
  const current = new Map<PeriodKind, Period & { readonly fromMs: number }>();
  return (kind, nowMs) => {
    const known = current.get(kind);
    if (known !== undefined && nowMs >= known.fromMs && nowMs < known.endsAtMs) return known;
    const label = labelOf(kind, nowMs);
    const period = { kind, label, fromMs: nowMs, endsAtMs: endOf(nowMs, kind, (ms) => labelOf(kind, ms) !== label) };
    current.set(kind, period);
    return period;
  };
}

/** The first ms that is over, found by halving: clocks that jump make no difference. */
function endOf(nowMs: number, kind: PeriodKind, isOver: (ms: number) => boolean): number {
  let [inside, outside] = [nowMs, nowMs + LONGEST[kind]];
  while (outside - inside > 1) {
    const middle = Math.floor((inside + outside) / 2);
    if (isOver(middle)) outside = middle;
    else inside = middle;
  }
  return outside;
}

/** Writes dates as 2026-11-25. */
function dateFormat(timeZone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat("en-CA", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" });
  } catch {
    throw new Error(`timezone: expected a time zone such as UTC or Europe/Berlin, found ${JSON.stringify(timeZone)}`);
  }
}
