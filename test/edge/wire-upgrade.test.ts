import { describe, expect, test } from "bun:test";
import { readOffer } from "../../src/edge/wire-upgrade.ts";
import { parseRequestHead } from "../../src/http1/request-head.ts";

const LIMITS = { headerBytes: 1_000, headerCount: 10, targetBytes: 100 };

function offer(slots: { taken: number; hasFree: boolean }, fields = "Connection: upgrade\r\nUpgrade: a, b\r\n") {
  return readOffer(parseRequestHead(`GET / HTTP/1.1\r\nHost: a\r\n${fields}\r\n`, LIMITS), slots);
}

describe("an offer to switch", () => {
  test("takes one place, however often it is asked to, and gives back one", () => {
    const slots = { taken: 3, hasFree: true };
    const made = offer(slots);
    expect(made?.protocols).toEqual(["a", "b"]);
    expect([made?.reserve(), made?.reserve(), slots.taken]).toEqual([true, true, 4]);
    made?.release();
    made?.release();
    expect(slots.taken).toBe(3);
  });

  test("takes none where there is none, and then gives none back", () => {
    const slots = { taken: 3, hasFree: false };
    const made = offer(slots);
    expect(made?.reserve()).toBe(false);
    made?.release();
    expect(slots.taken).toBe(3);
  });

  test("is there only if Connection and Upgrade say so", () => {
    const slots = { taken: 0, hasFree: true };
    for (const fields of ["", "Upgrade: a\r\n", "Connection: upgrade\r\n", "Connection: upgrade\r\nUpgrade: ,\r\n"]) {
      expect(offer(slots, fields)).toBeUndefined();
    }
  });
});
