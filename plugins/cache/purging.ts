import { GatewayError, type Logger, type Scope, StoreError } from "../../src/plugin.ts";
import { type Purge, type PurgeTarget, purgeMemory, purgeTest } from "./purges.ts";
import type { Shared } from "./shared.ts";

const CHANNEL = "purges";

/** What a purge changes. */
type Purged = Omit<Shared, "purging">;

/** Purges here, and at all gateways that share the store. */
export class Purging {
  readonly #shared: Purged;
  readonly #store: Scope["store"];
  readonly #now: () => number;
  readonly #log: Logger;
  readonly #isShared: boolean;
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
    try {
      await this.#shared.tier.purge(purge, this.#shared.urlKeys);
      await this.#store.publish(CHANNEL, JSON.stringify(purge));
    } catch (cause) {
      throw cause instanceof StoreError ? new GatewayError("store_unavailable", { cause }) : cause;
    }
    return purged;
  }

  /** The same for what an answer has made invalid; where the others cannot be told, the log is. */
  invalidate(target: PurgeTarget): void {
    this.purge({ target, isSoft: false }).catch((error: unknown) => {
      this.#log.warn("other gateways could not be told of a purge", { error });
    });
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
