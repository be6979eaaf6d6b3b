import type { Config } from "../config/schema.ts";
import { KeyBusyError, KeyRing } from "../identity/api-key/key-ring.ts";
import { type KeyRecord, type KeyReport, keyReport } from "../identity/api-key/record.ts";
import { createNullLogger } from "../observe/log.ts";
import { StoreError } from "../store/error.ts";
import { hasRedis, openStore } from "../store/open.ts";
import type { AdminAccess } from "./admin-access.ts";
import { AdminFault, callAdmin } from "./admin-call.ts";
import type { IssueRequest } from "./key-command.ts";

/** Keys of one call to the admin port, or one look into the store. */
const PAGE = 500;

/** A key as it is told once. */
export type IssuedKey = KeyReport & { readonly key: string };
export type ListedKey = KeyReport & { readonly uses: number };

/** Where keys are changed. All of it throws KeyFault where that cannot be done. */
export interface Keys {
  /** Whether they outlive the gateway. */
  readonly isDurable: boolean;
  issue(request: IssueRequest): Promise<IssuedKey>;
  list(): Promise<readonly ListedKey[]>;
  rotate(id: string, graceMs: number): Promise<IssuedKey>;
  revoke(id: string): Promise<void>;
  close(): Promise<void>;
}

/** What could not be done, and why, for people. */
export class KeyFault extends Error {
  override readonly name = "KeyFault";
}

/** Redis where the configuration has one; the gateway that runs where keys are in its memory. */
export async function openKeys(config: Config, access: AdminAccess): Promise<Keys> {
  return hasRedis(config.redis) ? storeKeys(config) : gatewayKeys(config, access);
}

async function storeKeys(config: Config): Promise<Keys> {
  const store = await openStore(config.redis, { now: Date.now, log: createNullLogger() });
  const ring = new KeyRing(store.of("api-key"), Date.now);
  const told = ({ text, record }: { readonly text: string; readonly record: KeyRecord }) => {
    return { key: text, ...keyReport(record, Date.now()) };
  };
  return {
    isDurable: true,
    issue: ({ expiresIn, ...holder }) =>
      attempt(async () => {
        const expiresAt = expiresIn === undefined ? undefined : Date.now() + expiresIn;
        return told(await ring.issue({ ...holder, expiresAt }));
      }),
    list: () =>
      attempt(async () => {
        const all: ListedKey[] = [];
        for (let from: number | undefined, isFirst = true; isFirst || from !== undefined; isFirst = false) {
          const { records, next } = await ring.list(PAGE, from);
          const uses = await ring.usesOf(records.map(({ id }) => id));
          all.push(...records.map((record, i) => ({ ...keyReport(record, Date.now()), uses: uses[i]?.uses ?? 0 })));
          from = next;
        }
        return all;
      }),
    rotate: (id, graceMs) => attempt(async () => told((await ring.rotate(id, graceMs)) ?? noSuchKey(id))),
    revoke: (id) => attempt(async () => void ((await ring.revoke(id)) || noSuchKey(id))),
    close: () => store.close(),
  };
}

function gatewayKeys(config: Config, access: AdminAccess): Keys {
  const ask = (method: string, path: string, body?: unknown) =>
    attempt(() => callAdmin(config, method, path, body, access));
  return {
    isDurable: false,
    issue: async ({ expiresIn, ...holder }) => {
      const body = expiresIn === undefined ? holder : { ...holder, expiresIn: `${expiresIn}ms` };
      return (await ask("POST", "/api/keys", body)) as IssuedKey;
    },
    list: async () => {
      const all: ListedKey[] = [];
      for (let path: string | undefined = `/api/keys?limit=${PAGE}`; path !== undefined; ) {
        const page = (await ask("GET", path)) as { readonly keys: readonly ListedKey[]; readonly next?: number };
        all.push(...page.keys);
        path = page.next === undefined ? undefined : `/api/keys?limit=${PAGE}&from=${page.next}`;
      }
      return all;
    },
    rotate: async (id, graceMs) =>
      (await ask("POST", `/api/keys/${id}/rotate`, { grace: `${graceMs}ms` })) as IssuedKey,
    revoke: async (id) => void (await ask("DELETE", `/api/keys/${id}`)),
    close: async () => {},
  };
}

async function attempt<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof StoreError) throw new KeyFault(`the store does not do it: ${error.message}`);
    if (error instanceof KeyBusyError || error instanceof AdminFault) throw new KeyFault(error.message);
    throw error;
  }
}

function noSuchKey(id: string): never {
  throw new KeyFault(`there is no key ${id} in the store, or it is revoked; those of a file are changed in the file`);
}
