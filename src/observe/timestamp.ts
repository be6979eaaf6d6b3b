/**
 * Writes times as ISO 8601 in UTC, to the millisecond. The second is formatted once: a busy gateway writes thousands of
 * lines in it.
 */
export function createTimestamps(): (ms: number) => string {
  let second = Number.NaN;
  let prefix = "";
  let latest = Number.NaN;
  let text = "";
  return (ms) => {
    if (ms === latest) return text;
    const whole = Math.floor(ms / 1_000);
    if (whole !== second) {
      prefix = new Date(whole * 1_000).toISOString().slice(0, 20);
      second = whole;
    }
    const rest = Math.floor(ms - whole * 1_000);
    latest = ms;
    text = `${prefix}${rest < 10 ? "00" : rest < 100 ? "0" : ""}${rest}Z`;
    return text;
  };
}
