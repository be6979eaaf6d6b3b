import {
  compileKey,
  type KeyOf,
  type KeySpec,
  keyText,
  type LimitPolicy,
  limitPolicy,
  type Scope,
  storeKey,
} from "../../src/plugin.ts";
import { amountOf, windowText } from "./amount.ts";
import type { LimitEntryOptions, Options } from "./options.ts";

/** A limit for one tier, or for those without. */
export interface Grade {
  readonly policy: LimitPolicy;
  readonly name: string;
  /** Its item of RateLimit-Policy. */
  readonly field: string;
}

/** One of the limits of a route. */
export interface Limit {
  readonly keyOf: KeyOf;
  /** Begins its keys in the store: those of other entries of the configuration never meet them. */
  readonly space: string;
  readonly base: Grade;
  /** By tier; undefined where a tier has no limit. */
  readonly tiers: ReadonlyMap<string, Grade | undefined>;
}

/** Checks and works out the limits of the options. Throws Error with a text for people. */
export function compileLimits(options: Options, scope: Scope): readonly Limit[] {
  const entries = entriesOf(options);
  const limits = entries.map((entry, i) => {
    const where = options.limits === undefined ? "" : `limits[${i}]: `;
    try {
      return compileLimit(entry, options, scope, entries.length === 1);
    } catch (error) {
      throw new Error(`${where}${error instanceof Error ? error.message : String(error)}`);
    }
  });
  for (const [i, { space, base }] of limits.entries()) {
    const same = limits.findIndex((other) => other.space === space && other.base.policy.id === base.policy.id);
    if (same < i)
      throw new Error(`limits[${i}]: has the key and the window of limits[${same}]: one of them never counts`);
    const named = limits.findIndex((other) => other.base.name === base.name);
    if (named < i) throw new Error(`limits[${i}]: is called ${base.name} as limits[${named}] is; give it another name`);
  }
  return limits;
}

/** The limits of the options, written short or as a list. Throws Error with a text for people. */
export function entriesOf(options: Options): readonly LimitEntryOptions[] {
  const { limit, window, burst, name, tiers, limits } = options;
  if (limit !== undefined && limits !== undefined) throw new Error("limits: give either limit or limits, not both");
  if (limit !== undefined) {
    return [
      {
        limit,
        tiers,
        ...(window === undefined ? {} : { window }),
        ...(burst === undefined ? {} : { burst }),
        ...(name === undefined ? {} : { name }),
      },
    ];
  }
  const stray = [
    ["window", window],
    ["burst", burst],
    ["name", name],
  ].find(([, value]) => value !== undefined);
  if (stray !== undefined) throw new Error(`${stray[0]}: belongs to a limit: write it in limits, with each of them`);
  if (Object.keys(tiers).length > 0)
    throw new Error("tiers: belong to a limit: write them in limits, with each of them");
  if (limits === undefined && options["authentication-failures"] === undefined) {
    throw new Error("limit: say how much may pass, such as limit: 100 with window: 1m, or limit: 100/m");
  }
  return (limits ?? []).map((entry) => (typeof entry === "string" ? { limit: entry, tiers: {} } : entry));
}

function compileLimit(entry: LimitEntryOptions, options: Options, scope: Scope, isOnly: boolean): Limit {
  const { algorithm: kind, cost } = options;
  const key = entry.key ?? options.key;
  const amount = amountOf(entry.limit, entry.window);
  const name = entryName(entry, key, amount.windowMs, isOnly);
  if (kind !== "gcra" && entry.burst !== undefined) throw new Error(`burst: is for gcra alone, not for ${kind}`);
  const grade = (limit: number, burst: number | undefined): Grade => {
    const policy = limitPolicy({ kind, limit, windowMs: amount.windowMs, ...(burst === undefined ? {} : { burst }) });
    if (cost > most(policy))
      throw new Error(`cost: a request that costs ${cost} would never pass a limit of ${most(policy)}`);
    return { policy, name, field: policyField(name, policy) };
  };
  const tiers = new Map<string, Grade | undefined>();
  for (const [tier, settings] of Object.entries(entry.tiers)) {
    tiers.set(tier, settings === false ? undefined : tierGrade(tier, settings, amount.windowMs, grade));
  }
  return {
    keyOf: compileKey(key, { route: scope.route, service: scope.service, ipv6Prefix: options["ipv6-prefix"] }),
    space: `${storeKey(scope.site, keyText(key))}:`,
    base: grade(amount.limit, entry.burst),
    tiers,
  };
}

/** What replies and the document call a limit. */
export function entryName(entry: LimitEntryOptions, key: KeySpec, windowMs: number, isOnly: boolean): string {
  return entry.name ?? (isOnly ? "default" : nameOf(key, windowMs));
}

/** Of characters that may stand in a structured field's string as they are (RFC 9651 §3.3.3). */
function nameOf(key: KeySpec, windowMs: number): string {
  return `${keyText(key).replaceAll(/[^\w:,.-]/g, "_")}/${windowText(windowMs)}`;
}

type TierOptions = Exclude<LimitEntryOptions["tiers"][string], false>;

function tierGrade(
  tier: string,
  { limit, burst }: TierOptions,
  windowMs: number,
  grade: (limit: number, burst: number | undefined) => Grade,
): Grade {
  const amount = typeof limit === "number" ? { limit, windowMs } : amountOf(limit, undefined);
  if (amount.windowMs !== windowMs) {
    throw new Error(`tiers.${tier}: the window is ${windowText(windowMs)} for all tiers, found ${limit}`);
  }
  return grade(amount.limit, burst);
}

/** The most that passes at once. */
function most({ kind, limit, burst }: LimitPolicy): number {
  return kind === "gcra" ? burst : limit;
}

/** An item of RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers-09 §3); its window is in whole seconds, or left out. */
function policyField(name: string, { limit, windowMs }: LimitPolicy): string {
  const window = windowMs % 1_000 === 0 ? `;w=${windowMs / 1_000}` : "";
  return `"${name}";q=${limit}${window}`;
}
