import type { HeaderList } from "../../src/plugin.ts";

/** What a client would like to be answered with (RFC 7240). */
export interface Preference {
  readonly code: number | undefined;
  readonly example: string | undefined;
}

const PAIR = /(?:^|[,;])\s*(code|example)\s*=\s*(?:"([^"]*)"|([^\s,;"]+))/gi;
const LONGEST = 1_000;
const NONE: Preference = { code: undefined, example: undefined };

/** Of several the first counts (RFC 7240 §2). */
export function readPreference(headers: HeaderList): Preference {
  const lines = headers.getAll("prefer");
  if (lines.length === 0) return NONE;
  let code: number | undefined;
  let example: string | undefined;
  for (const [, name = "", quoted, plain] of lines.join(",").slice(0, LONGEST).matchAll(PAIR)) {
    const value = quoted ?? plain ?? "";
    if (name.toLowerCase() === "example") example ??= value;
    else if (/^[2-5]\d\d$/.test(value)) code ??= Number(value);
  }
  return { code, example };
}
