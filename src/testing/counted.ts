import type { BodySource } from "../message/source.ts";

/** The source, and a word about the size of each chunk that leaves it. */
export function counted(source: BodySource, add: (bytes: number) => void): BodySource {
  return {
    length: source.length,
    start(sink) {
      source.start({
        write(chunk) {
          add(chunk.byteLength);
          return sink.write(chunk);
        },
        end: (trailers) => sink.end(trailers),
        fail: (error) => sink.fail(error),
      });
    },
    resume: () => source.resume(),
    cancel: (error) => source.cancel(error),
  };
}
