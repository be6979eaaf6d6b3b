import type { Memory } from "../memory.ts";
import type { UrlParts } from "../url-key.ts";
import type { UrlKeys } from "../url-keys.ts";

/** What is to be removed. */
export type PurgeTarget =
  | { readonly kind: "all" }
  /** Replies for one URL, under every key that routes make of it. */
  | { readonly kind: "url"; readonly url: UrlParts }
  /** Replies under that key, as `gateway explain` shows it. */
  | { readonly kind: "key"; readonly key: string }
  /** Replies whose URL, with its scheme and host, begins with this text. */
  | { readonly kind: "prefix"; readonly prefix: string }
  /** Replies that their service has given this tag. */
  | { readonly kind: "tag"; readonly tag: string };

export interface Purge {
  readonly target: PurgeTarget;
  /** They stay, but are stale from now on. */
  readonly isSoft: boolean;
}

/** Purges that are remembered at most, for replies that were under way when they came. */
const MOST = 1_000;

/** Whether a purge is about a stored reply. */
export type PurgeTest = (url: string, tags: readonly string[]) => boolean;

/**
 * The latest purges. A reply that was asked for before a purge must not be stored after it: it may be what was to be removed.
 */
export class PurgeLog {
  readonly #tests: PurgeTest[] = [];
  /** How many purges have come. */
  count = 0;

  add(test: PurgeTest): void {
    this.count++;
    this.#tests.push(test);
    if (this.#tests.length > MOST) this.#tests.shift();
  }

  /** Whether one of the purges after the first `since` is about this reply; true where it is not known any more. */
  hasSince(since: number, url: string, tags: readonly string[]): boolean {
    const late = this.count - since;
    if (late === 0) return false;
    if (late > this.#tests.length) return true;
    return this.#tests.slice(-late).some((test) => test(url, tags));
  }
}

/** The test for what a target names. */
export function purgeTest(target: PurgeTarget, urlKeys: Pick<UrlKeys, "all">): PurgeTest {
  switch (target.kind) {
    case "all":
      return () => true;
    case "prefix":
      return (url) => url.startsWith(target.prefix);
    case "key":
      return (url) => url === target.key;
    case "tag":
      return (_, tags) => tags.includes(target.tag);
    case "url": {
      const keys = keysOf(target.url, urlKeys);
      return (url) => keys.has(url);
    }
  }
}

function keysOf(url: UrlParts, urlKeys: Pick<UrlKeys, "all">): ReadonlySet<string> {
  const keys = new Set<string>();
  for (const key of urlKeys.all()) keys.add(key(url));
  return keys;
}

/** Removes what a purge names from memory, or makes it stale. Answers how many URLs had something of it. */
export function purgeMemory(memory: Memory, { target, isSoft }: Purge, urlKeys: UrlKeys, nowMs: number): number {
  const staleFromMs = isSoft ? nowMs : undefined;
  const whole = () => true;
  if (target.kind === "key") return memory.purge(target.key, whole, staleFromMs) ? 1 : 0;
  let purged = 0;
  if (target.kind === "url") {
    for (const key of keysOf(target.url, urlKeys)) if (memory.purge(key, whole, staleFromMs)) purged++;
    return purged;
  }
  const test = purgeTest(target, urlKeys);
  for (const url of [...memory.urls()]) if (memory.purge(url, (tags) => test(url, tags), staleFromMs)) purged++;
  return purged;
}
