import { type MergeJob, type MergeResult, runJob } from "./job.ts";

declare const self: Worker;

/** The thread's side of `mergeInThread`: one job, one answer. Its bytes are handed over, not copied. */
self.onmessage = ({ data }: MessageEvent<MergeJob>) => {
  const result = runJob(data);
  self.postMessage(result, [...buffersOf(result)]);
};

function buffersOf({ documents, sources }: MergeResult): ReadonlySet<ArrayBuffer> {
  const published = documents.flatMap(({ json, yaml }) =>
    [json, yaml].flatMap(({ plain, gzip, br }) => [plain, gzip, br]),
  );
  const all = [...published, ...sources.flatMap(({ kept }) => kept ?? [])];
  return new Set(all.flatMap(({ buffer }) => (buffer instanceof ArrayBuffer ? [buffer] : [])));
}
