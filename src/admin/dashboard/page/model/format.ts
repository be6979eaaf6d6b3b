const WHOLE = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const ONE_DIGIT = new Intl.NumberFormat("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });

/** A count: `1,240`, `3.2`, `12.4M`. */
export function count(value: number): string {
  if (value >= 10_000_000) return `${ONE_DIGIT.format(value / 1_000_000)}M`;
  if (value >= 100 || Number.isInteger(value)) return WHOLE.format(value);
  return ONE_DIGIT.format(value);
}

/** A rate: `1,240/s`, `0.4/s`, `0/s`. What is less than a tenth, but not nothing, is `<0.1/s`. */
export function rate(perSecond: number): string {
  if (perSecond > 0 && perSecond < 0.1) return "<0.1/s";
  return `${count(perSecond >= 10 ? Math.round(perSecond) : Math.round(perSecond * 10) / 10)}/s`;
}

/** A part of one: `0.1 %`, `12 %`. Never 0 % of something, nor 100 % of less than all. */
export function share(part: number): string {
  const percent = part * 100;
  if (percent <= 0 || Number.isNaN(percent)) return "0 %";
  if (percent < 0.1) return "<0.1 %";
  if (percent < 10) return `${ONE_DIGIT.format(percent)} %`;
  return `${percent > 99 && percent < 100 ? 99 : Math.round(percent)} %`;
}

/** A duration in ms: `0.4 ms`, `12 ms`, `1.2 s`, `3 min`. Nothing is an en dash. */
export function duration(ms: number | undefined | null): string {
  if (ms === undefined || ms === null || Number.isNaN(ms)) return "–";
  if (ms === 0) return "0 ms";
  if (ms < 10) return `${ONE_DIGIT.format(ms)} ms`;
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 10_000) return `${ONE_DIGIT.format(ms / 1_000)} s`;
  return span(ms);
}

/** A longer time in its greatest two units: `45 s`, `3 min`, `2 h 5 min`, `4 d 3 h`. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return both(hours, "h", minutes % 60, "min");
  return both(Math.floor(hours / 24), "d", hours % 24, "h");
}

function both(first: number, firstUnit: string, second: number, secondUnit: string): string {
  return second === 0 ? `${first} ${firstUnit}` : `${first} ${firstUnit} ${second} ${secondUnit}`;
}

/** How long ago that was: `5 s ago`; `just now` also for what is a little ahead, as clocks differ. */
export function ago(iso: string | undefined, now: number): string {
  const ms = now - Date.parse(iso ?? "");
  if (Number.isNaN(ms)) return "–";
  return ms < 1_500 ? "just now" : `${span(ms)} ago`;
}

/** The time of day where the reader is: `03:12:45`. */
export function clock(at: number | string): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return "–";
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, "0")).join(":");
}

/** `1 target`, `3 targets`. */
export function some(number: number, word: string, plural = `${word}s`): string {
  return `${count(number)} ${number === 1 ? word : plural}`;
}
