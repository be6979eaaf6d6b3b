import type { Encoding } from "./options.ts";

/** A coding and its weight: `gzip`, `gzip;q=0.5`, `*;q=0` (RFC 9110 §12.4.2). */
const ELEMENT = /^\s*([!#$%&'*+.^_`|~0-9a-z-]+)\s*(?:;\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*)?$/i;

/**
 * The encoding for a client with this `Accept-Encoding`: the one it likes best, of equals the first of `offered`;
 * undefined if the content goes as it is (RFC 9110 §12.5.3). An element that is none says nothing.
 */
export function negotiate(accepted: string, offered: readonly Encoding[]): Encoding | undefined {
  const weights = weightsOf(accepted);
  const others = weights.get("*") ?? 0;
  let best: Encoding | undefined;
  // Without a word about it, plain content is acceptable, but not preferred.
  let most = weights.get("identity") ?? 0;
  for (const encoding of offered) {
    const weight = weights.get(encoding) ?? others;
    if (weight === 0 || weight < most || (weight === most && best !== undefined)) continue;
    best = encoding;
    most = weight;
  }
  return best;
}

function weightsOf(accepted: string): Map<string, number> {
  const weights = new Map<string, number>();
  for (const element of accepted.split(",")) {
    const match = ELEMENT.exec(element);
    if (match === null) continue;
    const name = (match[1] as string).toLowerCase();
    weights.set(name === "x-gzip" ? "gzip" : name, Number(match[2] ?? 1));
  }
  return weights;
}
