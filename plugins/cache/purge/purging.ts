import { GatewayError, type Logger, type Scope, StoreError } from "../../../src/plugin.ts";
import type { Entry } from "../entry.ts";
import type { Flights } from "../flights.ts";
import type { Memory } from "../memory.ts";
import type { Tier } from "../tier/tier.ts";
import type { UrlKeys } from "../url-keys.ts";
import { type Purge, type PurgeLog, type PurgeTarget, purgeMemory, purgeTest } from "./purge.ts";
import { Untold } from "./untold.ts";

const CHANNEL = "purges";
/** Between attempts to tell what could not be told, in ms. */
const RETELL_MS = 1_000;

/** What a purge changes. */
interface Purged {
  readonly memory: Memory;
  readonly flights: Flights;
  readonly purges: PurgeLog;
  readonly tier: Tier;
  readonly urlKeys: UrlKeys;
}

/** Purges here, and at all gateways that share the store. */
export class Purging {
  readonly #shared: Purged;
  readonly #store: Scope["store"];
  readonly #now: () => number;
  readonly #log: Logger;
  readonly #isShared: boolean;
  readonly #untold = new Untold();
  #isRetelling = false;
  #retellsAfterMs = 0;
  #hasListened = false;

  constructor(shared: Purged, scope: Scope) {
    this.#shared = shared;
    this.#store = scope.store;
    this.#now = scope.now;
    this.#log = scope.log;
    // What is never shared has nobody to tell.
    this.#isShared = scope.store.takeNow === undefined;
  }

  /** Listens for the purges of other gateways, as long as the process lives. */
  listen(): void {
    if (!this.#isShared) return;
    this.#store.subscribe(CHANNEL, {
      onMessage: (message) => this.#hear(message),
      onOpen: () => this.#reopened(),
    });
  }

  /** Resolves when all who listen were told, with how many URLs there were here. Rejects with `store_unavailable`. */
  async purge(purge: Purge): Promise<number> {
    const purged = this.#apply(purge);
    if (!this.#isShared) return purged;
    const atMs = this.#now();
    try {
      await this.#tell(purge);
    } catch (cause) {
      if (!(cause instanceof StoreError)) throw cause;
      this.#untold.add(purge, this.#shared.urlKeys, atMs);
      throw new GatewayError("store_unavailable", { cause });
    }
    return purged;
  }

  /** Whether the store may have a response that it has not been told to remove. What it was not told it is told now, if it answers again. */
  isUntold(url: string, entry: Entry): boolean {
    if (this.#untold.size === 0) return false;
    const isAbout = this.#untold.isAbout(url, entry);
    void this.#retell();
    return isAbout;
  }

  async #tell(purge: Purge): Promise<void> {
    await this.#shared.tier.purge(purge, this.#shared.urlKeys);
    await this.#store.publish(CHANNEL, JSON.stringify(purge));
  }

  async #retell(): Promise<void> {
    if (this.#isRetelling || this.#now() < this.#retellsAfterMs) return;
    this.#isRetelling = true;
    try {
      for (let next = this.#untold.first; next !== undefined; next = this.#untold.first) {
        await this.#tell(next.purge);
        this.#untold.remove(next);
      }
    } catch (error) {
      this.#retellsAfterMs = this.#now() + RETELL_MS;
      this.#log.warn("other gateways could still not be told of a purge", { error });
    } finally {
      this.#isRetelling = false;
    }
  }

  /** The same for what an answer has made invalid. Never rejects: where the others cannot be told, the log is. */
  async invalidate(target: PurgeTarget): Promise<void> {
    try {
      await this.purge({ target, isSoft: false });
    } catch (error) {
      this.#log.warn("other gateways could not be told of a purge", { error });
    }
  }

  #apply(purge: Purge): number {
    const { memory, urlKeys, purges, flights } = this.#shared;
    const test = purgeTest(purge.target, urlKeys);
    purges.add(test);
    // Who asks from now on gets nothing that was asked for before; what is coming may have any tag.
    const { kind } = purge.target;
    const isOfUrl = kind === "url" || kind === "key" || kind === "prefix";
    flights.forget((url) => !isOfUrl || test(url, []));
    return purgeMemory(memory, purge, urlKeys, this.#now());
  }

  #hear(message: string): void {
    const purge = parsePurge(message);
    if (purge === undefined) this.#log.warn("a purge was told in a form that is not understood", {});
    else this.#apply(purge);
  }

  /** Purges may have been missed: nothing is used before its service was asked. */
  #reopened(): void {
    if (this.#hasListened) this.#apply({ target: { kind: "all" }, isSoft: true });
    this.#hasListened = true;
  }
}

/** Whoever may publish in the store may write anything. */
function parsePurge(message: string): Purge | undefined {
  try {
    const { target, isSoft } = JSON.parse(message) as Partial<Purge>;
    if (typeof isSoft !== "boolean" || !isTarget(target)) return undefined;
    return { target, isSoft };
  } catch {
    return undefined;
  }
}

function isTarget(value: unknown): value is PurgeTarget {
  if (typeof value !== "object" || value === null || !("kind" in value)) return false;
  const { kind, url, key, prefix, tag } = value as Readonly<Record<string, unknown>>;
  if (kind === "all") return true;
  if (kind === "key") return typeof key === "string";
  if (kind === "prefix") return typeof prefix === "string";
  if (kind === "tag") return typeof tag === "string";
  return kind === "url" && isUrl(url);
}

function isUrl(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { scheme, host, path, query } = value as Readonly<Record<string, unknown>>;
  const isText = [scheme, host, path].every((part) => typeof part === "string");
  return isText && (query === undefined || typeof query === "string");
}
