import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { closeFrame, FrameFollower } from "../../src/edge/websocket.ts";

interface Frame {
  readonly opcode: number;
  readonly isMasked: boolean;
  readonly length: number;
}

/** A frame as RFC 6455 §5.2 has it; its content looks like headers of Close frames. */
function frameOf({ opcode, isMasked, length }: Frame): Buffer {
  const extended = Buffer.alloc(length < 126 ? 0 : length < 65_536 ? 2 : 8);
  if (extended.length === 2) extended.writeUInt16BE(length);
  if (extended.length === 8) extended.writeBigUInt64BE(BigInt(length));
  const code = length < 126 ? length : length < 65_536 ? 126 : 127;
  const head = Buffer.of(0x80 | opcode, code | (isMasked ? 0x80 : 0));
  return Buffer.concat([head, extended, Buffer.alloc(isMasked ? 4 : 0, 1), Buffer.alloc(length, "\x88\x02\x03")]);
}

const frame: fc.Arbitrary<Frame> = fc.record({
  opcode: fc.constantFrom(0, 1, 2, 9, 10),
  isMasked: fc.boolean(),
  length: fc.oneof(fc.nat(4), fc.constantFrom(125, 126, 127, 65_535, 65_536)),
});

/** Cuts bytes at these places. */
function pieces(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return places.slice(1).map((end, i) => bytes.subarray(places[i], end));
}

describe("a frame follower", () => {
  test("is between two frames at the end of each, and nowhere else, however the bytes are cut", () => {
    fc.assert(
      fc.property(
        fc.array(frame, { minLength: 1, maxLength: 4 }),
        fc.array(fc.nat(), { maxLength: 6 }),
        (all, cuts) => {
          const frames = all.map(frameOf);
          const ends = new Set([0]);
          let end = 0;
          for (const { length } of frames) {
            end += length;
            ends.add(end);
          }
          const follower = new FrameFollower();
          let at = 0;
          for (const piece of pieces(Buffer.concat(frames), cuts)) {
            expect(follower.follow(piece, false)).toBe(piece.length);
            at += piece.length;
            expect(follower.isBetween).toBe(ends.has(at));
          }
          expect(follower.hasClose).toBe(false);
        },
      ),
    );
  });

  test("follows to the end of the frame under way, and no further, when asked to", () => {
    fc.assert(
      fc.property(frame, frame, fc.nat(), (first, second, cut) => {
        const [begun, next] = [frameOf(first), frameOf(second)];
        const seen = 1 + (cut % (begun.length - 1));
        const follower = new FrameFollower();
        follower.follow(begun.subarray(0, seen), false);
        const rest = Buffer.concat([begun.subarray(seen), next]);
        expect(follower.follow(rest, true)).toBe(begun.length - seen);
        expect(follower.isBetween).toBe(true);
      }),
    );
  });

  test.each([true, false])("knows a Close frame that has passed; masked: %p", (isMasked) => {
    const follower = new FrameFollower();
    follower.follow(frameOf({ opcode: 2, isMasked, length: 70_000 }), false);
    expect(follower.hasClose).toBe(false);
    follower.follow(closeFrame(isMasked), false);
    expect([follower.hasClose, follower.isBetween]).toEqual([true, true]);
  });
});

describe("a Close frame of the gateway's", () => {
  test("says 1001", () => {
    expect([...closeFrame(false)]).toEqual([0x88, 2, 0x03, 0xe9]);
  });

  test("to a server is masked, differently each time", () => {
    const frames = [closeFrame(true), closeFrame(true)];
    for (const bytes of frames) {
      expect([...bytes.subarray(0, 2)]).toEqual([0x88, 0x82]);
      expect([...bytes.subarray(6)].map((octet, i) => octet ^ (bytes[2 + i] ?? 0))).toEqual([0x03, 0xe9]);
    }
    expect(frames[0]).not.toEqual(frames[1]);
  });
});
