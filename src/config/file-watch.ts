import { type FSWatcher, statSync, watch } from "node:fs";
import { resolve } from "node:path";
import { placesOf } from "./link-places.ts";

export interface WatchOptions {
  /** Between an event and the call: most changes are several writes. */
  readonly settleMs: number;
  /** Between calls without any event: not every change has one. */
  readonly pollMs: number;
  /** Folders in which any file counts; none unless told. */
  readonly folders?: readonly string[];
}

export interface Watching {
  /** Calls back once after that many ms, unless a call is due sooner. */
  again(ms: number): void;
  stop(): void;
}

/**
 * Calls back after files may have changed, or links on the way to them: when their folders say so, and now and then in any
 * case. Never while the promise of an earlier call is pending; it must not reject. Does not keep the process alive.
 */
export function watchFiles(files: readonly string[], onChange: () => Promise<void>, options: WatchOptions): Watching {
  return new FileWatch(files, onChange, options);
}

class FileWatch implements Watching {
  readonly #onChange: () => Promise<void>;
  readonly #options: WatchOptions;
  readonly #files: readonly string[];
  readonly #folders: ReadonlySet<string>;
  /** By folder, the names in it that matter. */
  #places: ReadonlyMap<string, ReadonlySet<string>> = new Map();
  readonly #watchers = new Map<string, { readonly watcher: FSWatcher; readonly id: string }>();
  #timer: Timer | undefined = undefined;
  #dueAt = Number.POSITIVE_INFINITY;
  #isRunning = false;
  #isStopped = false;

  constructor(files: readonly string[], onChange: () => Promise<void>, options: WatchOptions) {
    this.#onChange = onChange;
    this.#options = options;
    this.#files = files.map((file) => resolve(file));
    this.#folders = new Set(options.folders);
    this.#watchFolders();
    this.again(options.pollMs);
  }

  again(ms: number): void {
    const dueAt = performance.now() + ms;
    if (this.#isStopped || dueAt >= this.#dueAt) return;
    this.#dueAt = dueAt;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#run(), ms);
    this.#timer.unref();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    for (const folder of [...this.#watchers.keys()]) this.#forget(folder);
  }

  async #run(): Promise<void> {
    this.#dueAt = Number.POSITIVE_INFINITY;
    // What has changed meanwhile is looked at after it.
    if (this.#isRunning) return this.again(this.#options.settleMs);
    this.#isRunning = true;
    this.#watchFolders();
    await this.#onChange();
    this.#isRunning = false;
    this.again(this.#options.pollMs);
  }

  /** A folder that is there only now, is another one now, or is new on the way, is watched before its files are read. */
  #watchFolders(): void {
    if (this.#isStopped) return;
    this.#places = placesOfAll(this.#files, this.#folders);
    for (const folder of [...this.#watchers.keys()]) if (!this.#places.has(folder)) this.#forget(folder);
    for (const folder of this.#places.keys()) {
      const id = idOf(folder);
      if (this.#watchers.get(folder)?.id === id) continue;
      this.#forget(folder);
      if (id === undefined) continue;
      try {
        const watcher = watch(folder, { persistent: false }, (_, name) => this.#onEvent(folder, name));
        watcher.on("error", () => this.#forget(folder));
        this.#watchers.set(folder, { watcher, id });
      } catch {
        // The next look, without an event, finds what it would have told.
      }
    }
  }

  #onEvent(folder: string, name: string | null): void {
    const isKnown = this.#folders.has(folder) || this.#places.get(folder)?.has(name ?? "") === true;
    if (name === null || isKnown) this.again(this.#options.settleMs);
  }

  #forget(folder: string): void {
    this.#watchers.get(folder)?.watcher.close();
    this.#watchers.delete(folder);
  }
}

function placesOfAll(files: readonly string[], folders: ReadonlySet<string>): ReadonlyMap<string, ReadonlySet<string>> {
  const all = new Map<string, ReadonlySet<string>>([...folders].map((folder) => [folder, new Set()]));
  for (const file of files) {
    for (const [folder, names] of placesOf(file)) all.set(folder, (all.get(folder) ?? new Set()).union(names));
  }
  return all;
}

/** Tells a folder from another one of the same path; undefined if there is none. */
function idOf(folder: string): string | undefined {
  try {
    const { dev, ino } = statSync(folder);
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}
