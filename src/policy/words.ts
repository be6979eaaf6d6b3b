import type { KeySpec } from "../keys/schema.ts";

const UNITS = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1_000],
  ["millisecond", 1],
] as const;

/** A duration of at least 1 ms in words: 60000 → "1 minute", 90000 → "90 seconds". */
export function durationText(ms: number): string {
  const [unit, factor] = UNITS.find(([, factor]) => ms % factor === 0) ?? ["millisecond", 1];
  return counted(ms / factor, unit);
}

const SIZES = [
  ["GB", 1_073_741_824],
  ["MB", 1_048_576],
  ["KB", 1_024],
] as const;

/** A number of bytes in words: 1048576 → "1 MB", 1000 → "1000 bytes". */
export function sizeText(bytes: number): string {
  const [unit, factor] = SIZES.find(([, factor]) => bytes > 0 && bytes % factor === 0) ?? ["byte", 1];
  return unit === "byte" ? counted(bytes, unit) : `${bytes / factor} ${unit}`;
}

/** "1 request", "2 requests". */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** Who shares a limit with that key: "each address and route". */
export function keyWords(key: KeySpec): string {
  const parts = typeof key === "string" ? [key] : key;
  const each = parts.filter((part) => part !== "global").map(partWords);
  return each.length === 0 ? "all requests together" : `each ${each.join(" and ")}`;
}

function partWords(part: string): string {
  const colon = part.indexOf(":");
  const [kind, name] = colon === -1 ? [part, ""] : [part.slice(0, colon), part.slice(colon + 1)];
  switch (kind) {
    case "ip":
      return "client address";
    case "principal":
      return "caller";
    case "header":
      return `value of the header ${name}`;
    case "cookie":
      return `value of the cookie ${name}`;
    case "query":
      return `value of the query parameter ${name}`;
    default:
      return kind;
  }
}
