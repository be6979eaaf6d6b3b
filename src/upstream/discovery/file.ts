import { watchFiles } from "../../config/file-watch.ts";
import type { Problem } from "../../config/problem.ts";
import { readTargetsFile } from "../../config/targets-file.ts";
import type { Source, SourceSink } from "./source.ts";

export interface FileOptions {
  /** Absolute. */
  readonly path: string;
  /** After an event, for the other writes of the change, in ms. */
  readonly settleMs?: number;
  /** Between looks without any event, in ms. */
  readonly pollMs?: number;
}

const SETTLE_MS = 100;
/** Some changes are told by nobody: those on a file system of the network, for example. */
const POLL_MS = 30_000;

/** A YAML file with a list of targets, read again when it changes. */
export function fileSource({ path, settleMs = SETTLE_MS, pollMs = POLL_MS }: FileOptions): Source {
  return {
    label: `file ${path}`,
    async follow(sink, signal) {
      const look = () => tell(path, sink);
      const watching = watchFiles([path], look, { settleMs, pollMs });
      await look();
      await aborted(signal);
      watching.stop();
    },
  };
}

/** A file with a mistake anywhere says nothing: a half of its targets may be missing. */
async function tell(path: string, sink: SourceSink): Promise<void> {
  const { targets, problems } = await readTargetsFile(path, path);
  if (problems.length === 0) return sink.found(targets);
  sink.failed(new Error(problems.map(inOneLine).join("; ")));
}

function inOneLine({ file, line, column, path, message, hint }: Problem): string {
  const place = line === 0 ? file : `${file}:${line}:${column}`;
  return `${place} ${path}${path === "" ? "" : ": "}${message}${hint === undefined ? "" : ` (${hint})`}`;
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
