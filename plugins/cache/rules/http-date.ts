import { remembering } from "./remembering.ts";

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const MONTH = `(${MONTHS.join("|")})`;
const TIME = "(\\d{2}):(\\d{2}):(\\d{2})";
const IMF = new RegExp(`^(?:mon|tue|wed|thu|fri|sat|sun), (\\d{2}) ${MONTH} (\\d{4}) ${TIME} gmt$`);
const RFC850 = new RegExp(`^(?:mon|tues|wednes|thurs|fri|satur|sun)day, (\\d{2})-${MONTH}-(\\d{2}) ${TIME} gmt$`);
const ASCTIME = new RegExp(`^(?:mon|tue|wed|thu|fri|sat|sun) ${MONTH} ([ \\d]\\d) ${TIME} (\\d{4})$`);

/**
 * A date of HTTP in ms since 1970; undefined for what is none (RFC 9110 §5.6.7). All three forms are read, letters in
 * either case (RFC 9111 §4.2), and nothing else: no other zones, no single digits.
 */
export function parseHttpDate(field: string | undefined, nowMs: number): number | undefined {
  return field === undefined ? undefined : (imfDate(field) ?? obsoleteDate(field.toLowerCase(), nowMs));
}

/** The form that is sent today; of one second the same text comes again and again. */
const imfDate = remembering((field) => {
  const imf = IMF.exec(field.toLowerCase());
  return imf === null ? undefined : instant(imf[3], imf[2], imf[1], imf[4], imf[5], imf[6]);
});

function obsoleteDate(text: string, nowMs: number): number | undefined {
  const rfc850 = RFC850.exec(text);
  if (rfc850 !== null) {
    const year = fullYear(Number(rfc850[3]), new Date(nowMs).getUTCFullYear());
    return instant(String(year), rfc850[2], rfc850[1], rfc850[4], rfc850[5], rfc850[6]);
  }
  const asctime = ASCTIME.exec(text);
  if (asctime === null) return undefined;
  return instant(asctime[6], asctime[1], asctime[2], asctime[3], asctime[4], asctime[5]);
}

/** Two digits that would be more than 50 years ahead are of the past (RFC 9110 §5.6.7). */
function fullYear(twoDigits: number, thisYear: number): number {
  const year = thisYear - (thisYear % 100) + twoDigits;
  return year > thisYear + 50 ? year - 100 : year;
}

type Part = string | undefined;

function instant(year: Part, month: Part, day: Part, hour: Part, minute: Part, second: Part): number | undefined {
  const monthIndex = MONTHS.indexOf(month ?? "");
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return undefined;
  const ms = Date.UTC(Number(year), monthIndex, Number(day), Number(hour), Number(minute), Number(second));
  // A day that the month does not have would run over into the next.
  return new Date(ms).getUTCDate() === Number(day) || Number(second) === 60 ? ms : undefined;
}

let latestSecond = 0;
let latestDate = new Date(0).toUTCString();

/** That time as a date of HTTP. */
export function httpDate(ms: number): string {
  const second = Math.floor(ms / 1_000);
  if (second === latestSecond) return latestDate;
  latestSecond = second;
  latestDate = new Date(second * 1_000).toUTCString();
  return latestDate;
}
