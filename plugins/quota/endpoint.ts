import { GatewayError, type KeySpec, keyText } from "../../src/plugin.ts";
import type { Ledger } from "./ledger.ts";
import type { PeriodAt, PeriodKind } from "./period.ts";

/** A quota as the admin port tells of it. */
export interface QuotaReport {
  /** Where it is written. */
  readonly site: string;
  readonly key: KeySpec;
  readonly timezone: string;
  /** Without a tier; undefined where only tiers have one. */
  readonly limits: Readonly<Record<PeriodKind, number | undefined>>;
  readonly ledger: Ledger;
  readonly periodAt: PeriodAt;
}

const MOST_KEYS = 1_000;

/**
 * The usage of this month, or of another period, for `GET /api/usage`. `quota`, `period` (day or month), `at`
 * (2026-11), `key`, `offset` and `limit` choose. Throws GatewayError, rejects with StoreError.
 */
export async function usageReport(quotas: readonly QuotaReport[], query: URLSearchParams, nowMs: number) {
  const site = query.get("quota");
  const kind = query.get("period") ?? "month";
  if (kind !== "day" && kind !== "month") throw bad("period: expected day or month");
  const at = query.get("at");
  if (at !== null && !AT[kind].test(at)) throw bad(`at: expected a ${kind} such as ${EXAMPLE[kind]}`);
  const offset = wholeOf(query, "offset", 0, Number.MAX_SAFE_INTEGER);
  const limit = wholeOf(query, "limit", 100, MOST_KEYS);
  const key = query.get("key");
  const chosen = site === null ? quotas : quotas.filter((quota) => quota.site === site);
  const reports = chosen.map(async (quota) => {
    const current = quota.periodAt(kind, nowMs);
    const period = at === null ? current : { ...current, label: at };
    const { ledger } = quota;
    const read =
      key === null ? await ledger.read(period, offset, limit) : { usage: await ledger.readKeys(period, [key]) };
    return {
      quota: quota.site,
      key: keyText(quota.key),
      timezone: quota.timezone,
      period: period.label,
      limit: quota.limits[kind],
      ...(period.label === current.label ? { resetsAt: new Date(current.endsAtMs).toISOString() } : {}),
      ...read,
    };
  });
  return { quotas: await Promise.all(reports) };
}

const AT: Readonly<Record<PeriodKind, RegExp>> = { day: /^\d{4}-\d\d-\d\d$/, month: /^\d{4}-\d\d$/ };
const EXAMPLE: Readonly<Record<PeriodKind, string>> = { day: "2026-11-25", month: "2026-11" };

function wholeOf(query: URLSearchParams, name: string, preset: number, most: number): number {
  const text = query.get(name);
  if (text === null) return preset;
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (value <= most) return value;
  throw bad(`${name}: expected a whole number of at most ${most}`);
}

function bad(detail: string): GatewayError {
  return new GatewayError("bad_request", { detail });
}
