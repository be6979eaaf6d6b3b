import {
  CHANGES,
  type KeyRecord,
  KeyRing,
  readKeysFile,
  type Scope,
  type WatchedFile,
  watchFile,
} from "../../src/plugin.ts";
import { KeyCache } from "./key-cache.ts";
import { UsageCounts } from "./usage.ts";

const REPORT_MS = 10_000;

/** What all instances of the plugin share, through reloads: it works while there is one of them. */
export interface SharedKeys {
  readonly ring: KeyRing;
  readonly cache: KeyCache;
  readonly usage: UsageCounts;
  /** For one more instance, with its file; the function it returns is called when that one is closed. */
  open(file: FileKeys | undefined): () => Promise<void>;
  /** Those of all files, by id. */
  fileKeys(): ReadonlyMap<string, KeyRecord>;
}

export function createSharedKeys({ store, now }: Scope): SharedKeys {
  const ring = new KeyRing(store, now);
  const cache = new KeyCache(ring, now);
  const usage = new UsageCounts();
  const files = new Set<FileKeys>();
  let instances = 0;
  let timer: Timer | undefined;
  let unsubscribe = () => {};
  return {
    ring,
    cache,
    usage,
    open(file) {
      if (file !== undefined) files.add(file);
      if (instances++ === 0) {
        cache.doubt();
        unsubscribe = store.subscribe(CHANGES, { onMessage: (id) => cache.forget(id), onOpen: () => cache.doubt() });
        timer = setInterval(() => void usage.report(ring), REPORT_MS);
        timer.unref();
      }
      return async () => {
        if (file !== undefined) files.delete(file);
        if (--instances > 0) return;
        unsubscribe();
        clearInterval(timer);
        await usage.report(ring);
      };
    },
    fileKeys: () => new Map([...files].flatMap(({ keys }) => [...keys])),
  };
}

/** The keys of a file, read again when it changes. */
export interface FileKeys {
  /** By id; replaced as a whole. */
  keys: Awaited<ReturnType<typeof readKeysFile>>;
  close(): void;
}

/** Reads the file; a change that is not valid is logged, and the keys stay as they were. Throws Error at the first reading. */
export async function openFileKeys(path: string, { directory, log }: Scope): Promise<FileKeys> {
  const onChange = async () => {
    try {
      file.keys = await readKeysFile(path, directory);
      log.info("the file of keys has changed", { keys: file.keys.size });
    } catch (error) {
      log.error("the changed file of keys is not valid: the keys stay as they were", { error });
    }
  };
  const watched: WatchedFile = watchFile(path, onChange);
  const file: FileKeys = { keys: new Map(), close: () => watched.close() };
  try {
    file.keys = await readKeysFile(path, directory);
    return file;
  } catch (error) {
    watched.close();
    throw error;
  }
}
