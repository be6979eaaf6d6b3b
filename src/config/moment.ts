/** A date in the YAML, or a moment of it in UTC. */
export const MOMENT = "^\\d{4}-\\d{2}-\\d{2}(T\\d{2}:\\d{2}(:\\d{2})?Z)?$";

/** 2026-12-31 or 2026-12-31T12:00:00Z in ms since 1970; a date is where its day begins in UTC. Undefined if there is no such day or time. */
export function parseMoment(text: string): number | undefined {
  if (!new RegExp(MOMENT).test(text)) return undefined;
  const ms = Date.parse(text);
  // February 30 would be a day of March.
  return Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== text.slice(0, 10) ? undefined : ms;
}
