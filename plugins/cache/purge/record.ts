import type { Entry } from "../entry.ts";
import { type Purge, type PurgeTarget, purgeTest } from "./purge.ts";

/** A purge as all gateways see it; those of URLs and keys need none, for their responses are not found any more. */
export interface PurgeRecord {
  readonly target: Exclude<PurgeTarget, { kind: "url" | "key" }>;
  readonly isSoft: boolean;
  /** Ms since 1970, on the clock of the gateway that was asked. */
  readonly atMs: number;
}

export interface PurgeRecords {
  readonly records: readonly PurgeRecord[];
  /** What came before this is not told by the records any more: it counts as purged. */
  readonly floorMs: number;
}

/** Purges that are told at most. */
const MOST = 200;
/** Gateways' clocks may differ by so much, in ms. */
const SKEW_MS = 1_000;

const NONE: PurgeRecords = { records: [], floorMs: 0 };

export function parseRecords(text: string | undefined): PurgeRecords {
  if (text === undefined) return NONE;
  try {
    const { records, floorMs } = JSON.parse(text) as Partial<PurgeRecords>;
    return Array.isArray(records) && typeof floorMs === "number" ? { records, floorMs } : NONE;
  } catch {
    return NONE;
  }
}

/** With one more; the oldest go, and take what came before them along. */
export function withRecord({ records, floorMs }: PurgeRecords, record: PurgeRecord): PurgeRecords {
  const all = [...records, record];
  const gone = all.splice(0, Math.max(0, all.length - MOST));
  return { records: all, floorMs: Math.max(floorMs, ...gone.map(({ atMs }) => atMs)) };
}

/** The response after these purges: as it is, stale, or undefined. */
export function afterPurges(
  url: string,
  entry: Entry,
  { records, floorMs }: PurgeRecords,
  nowMs: number,
): Entry | undefined {
  const { receivedMs, tags } = entry.stored;
  if (floorMs > 0 && isPurged(receivedMs, floorMs)) return undefined;
  let left = entry;
  for (const { target, isSoft, atMs } of records) {
    if (!isPurged(receivedMs, atMs) || !purgeTest(target, NO_URLS)(url, tags)) continue;
    if (!isSoft) return undefined;
    left = left.expired(nowMs);
  }
  return left;
}

/** Whether a response may have come before a purge of that time; undefined for none. */
export function isPurged(receivedMs: number, purgedMs: number | undefined): boolean {
  return purgedMs !== undefined && receivedMs <= purgedMs + SKEW_MS;
}

/** Records are about no single URL. */
const NO_URLS = { all: () => [].values() };

/** The record of a purge, if it needs one. */
export function recordOf({ target, isSoft }: Purge, atMs: number): PurgeRecord | undefined {
  return target.kind === "url" || target.kind === "key" ? undefined : { target, isSoft, atMs };
}
