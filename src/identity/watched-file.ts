import { statSync } from "node:fs";
import { stat } from "node:fs/promises";

/** A file that is read again when it changes. */
export interface WatchedFile {
  /** Stops watching. */
  close(): void;
}

/** Ms between two looks at a file: a change is seen within that time. */
export const FILE_LOOK_MS = 1_000;

/**
 * Looks at a file every second, and calls back after each change; the next look comes when the callback has settled.
 * Links and folders on the way to it may change too, as those of a mounted secret do. A file that is away for a moment
 * is no change. Begin to watch before the file is read: nothing is missed then. The callback must not reject.
 */
export function watchFile(path: string, onChange: () => Promise<void>): WatchedFile {
  let isClosed = false;
  let known = firstState(path);
  let timer: Timer | undefined;
  const look = async () => {
    const state = await stateOf(path);
    if (!isClosed && state !== undefined && state !== known) {
      known = state;
      await onChange();
    }
    if (!isClosed) timer = setTimeout(look, FILE_LOOK_MS);
  };
  timer = setTimeout(look, FILE_LOOK_MS);
  return {
    close() {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}

interface FileState {
  readonly mtimeMs: number;
  readonly size: number;
  readonly ino: number;
}

function textOf({ mtimeMs, size, ino }: FileState): string {
  return `${mtimeMs} ${size} ${ino}`;
}

function firstState(path: string): string | undefined {
  const state = statSync(path, { throwIfNoEntry: false });
  return state && textOf(state);
}

async function stateOf(path: string): Promise<string | undefined> {
  try {
    return textOf(await stat(path));
  } catch {
    return undefined;
  }
}
