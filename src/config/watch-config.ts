import { statSync } from "node:fs";
import { type ConfigSources, currentDigest } from "./config-sources.ts";
import { type Watching, watchFiles } from "./file-watch.ts";
import { matchesOf } from "./include.ts";

/** Files must not have changed for so long, in ms: what is written in several steps is read when it is whole. */
const SETTLE_MS = 100;
/** Between looks without an event; in ms. */
const LOOK_MS = 1_000;

/** Watches the files of a configuration that runs. */
export class ConfigWatch {
  readonly #onChange: () => Promise<void>;
  #sources: ConfigSources | undefined = undefined;
  #watching: Watching | undefined = undefined;
  #seen: string | undefined = undefined;
  /** What was looked into, and found to be what is known. */
  #settled: string | undefined = undefined;

  /** Calls back after each change of the content, when it has settled; the callback must not reject. */
  constructor(onChange: () => Promise<void>) {
    this.#onChange = onChange;
  }

  /** Watches what the latest configuration was read from, whatever has become of it. */
  follow(sources: ConfigSources): void {
    const isSame = Bun.deepEquals(placesOf(sources), this.#sources && placesOf(this.#sources));
    this.#sources = sources;
    if (isSame) return;
    this.#watching?.stop();
    this.#seen = undefined;
    this.#settled = undefined;
    const folders = sources.patterns.map(({ folder }) => folder);
    const options = { settleMs: SETTLE_MS, pollMs: LOOK_MS, folders };
    this.#watching = watchFiles(sources.files, () => this.#look(), options);
    this.#watching.again(SETTLE_MS);
  }

  stop(): void {
    this.#watching?.stop();
    this.#sources = undefined;
  }

  async #look(): Promise<void> {
    const sources = this.#sources;
    if (sources === undefined) return;
    const state = stateOf(sources);
    if (state === undefined || state === this.#settled) return;
    if (state !== this.#seen) {
      this.#seen = state;
      this.#watching?.again(SETTLE_MS);
      return;
    }
    this.#settled = state;
    if (currentDigest(sources) !== sources.digest) await this.#onChange();
  }
}

function placesOf({ files, patterns }: ConfigSources): unknown {
  return { files, patterns };
}

/** One text for the same state of all; undefined while the main file is away, or empty: it is being written. */
function stateOf({ files, patterns }: ConfigSources): string | undefined {
  const [main, ...others] = files.map(stampOf);
  if (main === undefined || main.size === 0) return undefined;
  return JSON.stringify([main, others, patterns.map(matchesOf)]);
}

interface Stamp {
  readonly size: number;
  readonly mtimeMs: number;
  /** Another owner or mode, too, is a change: a file that could not be read may be readable now. */
  readonly ctimeMs: number;
  readonly ino: number;
}

function stampOf(file: string): Stamp | undefined {
  try {
    const { size, mtimeMs, ctimeMs, ino } = statSync(file);
    return { size, mtimeMs, ctimeMs, ino };
  } catch {
    return undefined;
  }
}
