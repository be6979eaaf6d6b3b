import { targetIdentity } from "../../config/target-url.ts";
import type { Target } from "../target.ts";
import type { FoundTarget } from "./source.ts";

/** Targets that discovery uses for one service, at most. */
export const MAX_TARGETS = 1_000;
/** For so long a target that is gone keeps its record, in case it returns. */
export const REMEMBERED_MS = 10 * 60_000;
/** So many of them, at most; the one that has been gone the longest is forgotten first. */
const MAX_REMEMBERED = 256;

/** What a new answer has changed. */
export interface MembershipChange {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** The weights of targets that stay. */
  readonly reweighted: readonly string[];
  /** Found, but beyond the bound. */
  readonly ignored: number;
}

interface Gone {
  readonly target: Target;
  readonly at: number;
}

/** Which targets a service has: those of its configuration always, and those found last. */
export class Membership {
  /** Those of its configuration. */
  readonly fixed: readonly Target[];
  readonly #fixedIds: ReadonlySet<string>;
  readonly #create: (url: string, weight: number) => Target;
  readonly #now: () => number;
  #found = new Map<string, Target>();
  /** In the order in which they went. */
  readonly #gone = new Map<string, Gone>();

  /** @param found targets of an earlier configuration, used until the first answer */
  constructor(
    fixed: readonly Target[],
    create: (url: string, weight: number) => Target,
    now: () => number,
    found: readonly Target[] = [],
  ) {
    this.fixed = fixed;
    this.#fixedIds = new Set(fixed.map(({ url }) => targetIdentity(url)));
    this.#create = create;
    this.#now = now;
    this.#found = new Map(found.map((target) => [targetIdentity(target.url), target]));
  }

  /** Those found last. */
  get found(): readonly Target[] {
    return [...this.#found.values()];
  }

  /** All of them now, in an order of their own: what a source deals out by chance changes nothing. */
  get targets(): readonly Target[] {
    return [...this.fixed, ...this.#found.values()];
  }

  /** Targets that are gone, with connections still in use. */
  get draining(): number {
    let count = 0;
    for (const { target } of this.#gone.values()) if (target.pool.open > 0) count++;
    return count;
  }

  /** Takes a complete answer. Those that went finish their requests and close their idle connections. */
  replace(answer: readonly FoundTarget[]): MembershipChange {
    const wanted = this.#wanted(answer);
    const chosen = [...wanted].slice(0, MAX_TARGETS);
    const next = new Map<string, Target>();
    const added: string[] = [];
    const reweighted: string[] = [];
    for (const [id, { url, weight }] of chosen) {
      const known = this.#found.get(id);
      const target = known ?? this.#recall(id) ?? this.#create(url, weight);
      next.set(id, target);
      if (known === undefined) added.push(target.url);
      else if (known.weight !== weight) reweighted.push(target.url);
      target.weight = weight;
    }
    const removed = [...this.#found].filter(([id]) => !next.has(id));
    for (const [id, target] of removed) this.#retire(id, target);
    this.#found = next;
    this.#forget();
    const ignored = wanted.size - chosen.length;
    return { added, removed: removed.map(([, { url }]) => url), reweighted, ignored };
  }

  /** Each once, in the order of their URLs; what is configured is not found a second time. */
  #wanted(answer: readonly FoundTarget[]): ReadonlyMap<string, FoundTarget> {
    const wanted = new Map<string, FoundTarget>();
    for (const found of answer.toSorted((a, b) => (a.url < b.url ? -1 : 1))) {
      const id = targetIdentity(found.url);
      if (!this.#fixedIds.has(id) && !wanted.has(id)) wanted.set(id, found);
    }
    return wanted;
  }

  /** One that is back, with its record and the connections that are still open. */
  #recall(id: string): Target | undefined {
    const gone = this.#gone.get(id);
    if (gone === undefined) return undefined;
    this.#gone.delete(id);
    if (this.#now() - gone.at > REMEMBERED_MS) return undefined;
    gone.target.reopen();
    return gone.target;
  }

  #retire(id: string, target: Target): void {
    target.close();
    this.#gone.set(id, { target, at: this.#now() });
  }

  /** Requests that one forgotten still has are finished all the same. */
  #forget(): void {
    const now = this.#now();
    for (const [id, { at }] of this.#gone) {
      if (now - at <= REMEMBERED_MS && this.#gone.size <= MAX_REMEMBERED) return;
      this.#gone.delete(id);
    }
  }
}
