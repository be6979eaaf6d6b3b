import { areIds, type Parent } from "./parent.ts";

/** Of version 00, and the shortest of any later one: two digits, 32, 16 and two, with hyphens between. */
const LENGTH = 55;
const HYPHENS = [2, 35, 52] as const;
const HYPHEN = 45;
const SAMPLED = 1;

/** 1: a small hexadecimal digit. */
const digitTable = new Uint8Array(128);
for (const digit of "0123456789abcdef") digitTable[digit.charCodeAt(0)] = 1;

/**
 * Reads a traceparent (W3C Trace Context §3.2): undefined for what is none, so that the trace begins anew. Of a later
 * version than 00 as much is read as 00 has (§4.3).
 */
export function parseTraceparent(value: string): Parent | undefined {
  if (value.length < LENGTH || !hasForm(value)) return undefined;
  const version = value.slice(0, 2);
  if (version === "ff" || (version === "00" && value.length > LENGTH)) return undefined;
  if (value.length > LENGTH && value.charCodeAt(LENGTH) !== HYPHEN) return undefined;
  const traceId = value.slice(3, 35);
  const spanId = value.slice(36, 52);
  if (!areIds(traceId, spanId)) return undefined;
  return { traceId, spanId, isSampled: (Number.parseInt(value.slice(53, LENGTH), 16) & SAMPLED) === SAMPLED };
}

/** Whether it begins with digits and hyphens where they belong. */
function hasForm(value: string): boolean {
  for (const at of HYPHENS) if (value.charCodeAt(at) !== HYPHEN) return false;
  let digits = 0;
  for (let i = 0; i < LENGTH; i++) digits += digitTable[value.charCodeAt(i)] ?? 0;
  return digits === LENGTH - HYPHENS.length;
}

export function traceparentOf(traceId: string, spanId: string, isSampled: boolean): string {
  return `00-${traceId}-${spanId}-${isSampled ? "01" : "00"}`;
}
