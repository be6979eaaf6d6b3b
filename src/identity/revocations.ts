import type { Store } from "../store/store.ts";
import type { Revocation, RevocationRequest } from "./revocation.ts";
import {
  compileJtiKey,
  DEFAULT_JTI_KEY,
  ownStart,
  REVOCATIONS_CHANNEL,
  revocationKey,
  revocationOf,
  revocationText,
} from "./revocation-keys.ts";

/** Writes and reads what is revoked. Every call rejects with StoreError if the store fails. */
export interface Revocations {
  /** In force at once where the store is asked, and told to those who keep a copy. */
  revoke(request: RevocationRequest): Promise<void>;
  /** False if it was not revoked. */
  restore(revocation: Revocation): Promise<boolean>;
  /** At most so many; ids of tokens that other programs have written are among them. */
  list(most: number): Promise<RevocationList>;
}

export interface RevocationList {
  readonly revocations: readonly Revocation[];
  /** Whether these are all. */
  readonly isComplete: boolean;
}

/** What gateways tell each other. */
export interface RevocationMessage extends Revocation {
  readonly isRestored?: boolean;
}

/**
 * Revocations in that part of the store. `jtiKeys` are the forms of the keys of token ids that the plugins of the
 * configuration look for: an id is written in all of them.
 */
export function createRevocations(store: Store, jtiKeys: readonly string[], now: () => number): Revocations {
  const forms = jtiKeys.map(compileJtiKey);
  const { raw } = store;
  const keysOf = (revocation: Revocation) => [...new Set(forms.map((form) => revocationKey(store, form, revocation)))];
  const tell = (message: RevocationMessage) => store.publish(REVOCATIONS_CHANNEL, JSON.stringify(message));
  return {
    async revoke({ revocation, untilMs }) {
      const options = untilMs === undefined ? {} : { ttlMs: Math.max(1_000, Math.ceil(untilMs - now())) };
      for (const key of keysOf(revocation)) await raw.set(key, revocationText(revocation), options);
      await tell(revocation);
    },
    async restore(revocation) {
      let wasRevoked = false;
      for (const key of keysOf(revocation)) wasRevoked = (await raw.delete(key)) || wasRevoked;
      await tell({ ...revocation, isRestored: true });
      return wasRevoked;
    },
    async list(most) {
      const start = ownStart(store);
      // One more than is wanted tells whether there are more.
      const own = await raw.keys(start, most + 1);
      const values = await raw.getMany(own);
      const found = own.flatMap((key, i) => revocationOf(key.slice(start.length), values[i]) ?? []);
      const ids = new Set<string>();
      for (const form of forms) {
        for (const key of await raw.keys(form.start, most + 1)) {
          const jti = key.startsWith(start) ? undefined : form.jtiOf(key);
          if (jti !== undefined) ids.add(jti);
        }
      }
      for (const value of ids) found.push({ kind: "jti", value });
      return { revocations: found.slice(0, most), isComplete: found.length <= most };
    },
  };
}

/** The parts of a configuration that plugins are in. */
interface PluginSites {
  readonly plugins: Readonly<Record<string, unknown>>;
  readonly services: Readonly<Record<string, { readonly plugins: Readonly<Record<string, unknown>> }>>;
  readonly routes: readonly { readonly plugins: Readonly<Record<string, unknown>> }[];
}

/** Every form of key that a plugin of the configuration has as its `blacklist.key`; the usual one if there is none. */
export function blacklistKeys({ plugins, services, routes }: PluginSites): readonly string[] {
  const maps = [plugins, ...Object.values(services).map((one) => one.plugins), ...routes.map((one) => one.plugins)];
  const keys = maps.flatMap((map) => Object.values(map).flatMap(blacklistKeyOf));
  return keys.length === 0 ? [DEFAULT_JTI_KEY] : [...new Set(keys)];
}

function blacklistKeyOf(options: unknown): readonly string[] {
  if (typeof options !== "object" || options === null || !("blacklist" in options)) return [];
  const { blacklist } = options;
  if (typeof blacklist !== "object" || blacklist === null || !("key" in blacklist)) return [];
  return typeof blacklist.key === "string" ? [blacklist.key] : [];
}
