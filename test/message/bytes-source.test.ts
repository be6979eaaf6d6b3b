import { expect, test } from "bun:test";
import { BytesSource } from "../../src/message/bytes-source.ts";
import { readAll } from "../../src/message/read.ts";

const BYTES = Uint8Array.from({ length: 200_000 }, (_, index) => index % 251);

/** A sink that takes so many chunks at a time. */
function sinkOf(wanted: number) {
  const seen = { sizes: [] as number[], ends: 0 };
  let left = wanted;
  return {
    seen,
    refill: () => {
      left = wanted;
    },
    write(chunk: Uint8Array) {
      seen.sizes.push(chunk.byteLength);
      left--;
      return left > 0;
    },
    end: () => {
      seen.ends++;
    },
    fail: (error: Error) => {
      throw error;
    },
  };
}

test("all bytes come, in pieces that are not copied", async () => {
  expect(Buffer.from(await readAll(new BytesSource(BYTES), 200_000)).equals(Buffer.from(BYTES))).toBe(true);
  new BytesSource(BYTES).start({
    write: (chunk) => {
      expect(chunk.buffer).toBe(BYTES.buffer);
      return true;
    },
    end: () => {},
    fail: () => {},
  });
});

test("a sink that has enough gets no more until it says so", () => {
  const source = new BytesSource(BYTES);
  const sink = sinkOf(1);
  source.start(sink);
  expect(sink.seen).toEqual({ sizes: [65_536], ends: 0 });
  sink.refill();
  source.resume();
  expect(sink.seen.sizes).toHaveLength(2);
  for (let rounds = 0; rounds < 2; rounds++) {
    sink.refill();
    source.resume();
  }
  expect(sink.seen).toEqual({ sizes: [65_536, 65_536, 65_536, 3_392], ends: 1 });
  source.resume();
  expect(sink.seen.ends).toBe(1);
});

test("after a cancel nothing comes", () => {
  const source = new BytesSource(BYTES);
  const sink = sinkOf(1);
  source.start(sink);
  source.cancel();
  source.resume();
  expect(sink.seen).toEqual({ sizes: [65_536], ends: 0 });
});

test("without bytes there is the end alone", () => {
  const sink = sinkOf(1);
  new BytesSource(new Uint8Array(0)).start(sink);
  expect(sink.seen).toEqual({ sizes: [], ends: 1 });
});
