import { statSync } from "node:fs";
import { watchFiles } from "./file-watch.ts";

/** A file, or several, read again when one changes. */
export interface WatchedFile {
  /** Stops watching. */
  close(): void;
}

/** Between an event and the call; in ms. */
const SETTLE_MS = 50;
/** Between looks without an event; in ms. */
const LOOK_MS = 1_000;

/**
 * Calls back after each change of a file, or of one of several: at once where its folder tells of it, within a second in
 * any case. Links and folders on the way to it may change too, as those of a mounted secret do. Files that are away for a
 * moment have not changed. Begin to watch before they are read: nothing is missed then. The callback must not reject.
 */
export function watchFile(path: string | readonly string[], onChange: () => Promise<void>): WatchedFile {
  const paths = typeof path === "string" ? [path] : path;
  let known = stateOf(paths);
  const look = async () => {
    const state = stateOf(paths);
    if (state === undefined || state === known) return;
    known = state;
    await onChange();
  };
  const watching = watchFiles(paths, look, { settleMs: SETTLE_MS, pollMs: LOOK_MS });
  return { close: () => watching.stop() };
}

/** One text for the same state of all of them; undefined if one is not there. */
function stateOf(paths: readonly string[]): string | undefined {
  const states = paths.map((path) => {
    const state = statOf(path);
    return state && `${state.mtimeMs} ${state.size} ${state.ino}`;
  });
  return states.includes(undefined) ? undefined : states.join("\n");
}

function statOf(path: string) {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
