import { describe, expect, test } from "bun:test";
import { isIP } from "node:net";
import fc from "fast-check";
import { formatAddress, isIpv4, normalizeAddress, parseAddress } from "../../src/message/address.ts";

describe("normalizeAddress", () => {
  test.each([
    ["192.0.2.1", "192.0.2.1"],
    ["192.0.2.1:8080", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["[::ffff:c000:201]:80", "192.0.2.1"],
    ["2001:DB8:0:0:0:0:0:1", "2001:db8::1"],
    ["[2001:db8::1]", "2001:db8::1"],
    ["[2001:db8::1]:443", "2001:db8::1"],
    ["fe80::1%eth0", "fe80::1"],
    ["[fe80::1%25eth0]:1", "fe80::1"],
    ["::", "::"],
    ["1::", "1::"],
    ["::1", "::1"],
    ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
    ["::192.0.2.1", "::c000:201"],
    ["1:0:0:2:0:0:0:3", "1:0:0:2::3"],
    ["1:0:0:2:3:0:0:4", "1::2:3:0:0:4"],
    ["1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"],
  ])("%s is %s", (text, expected) => {
    expect(normalizeAddress(text)).toBe(expected);
  });

  test.each([
    "",
    "unknown",
    "_hidden",
    "192.0.2",
    "192.0.2.1.",
    "192.0.2.1.5",
    ".192.0.2.1",
    "192..2.1",
    "192.0.2.256",
    "192.0.2.01",
    "00.0.0.0",
    "0300.0.2.1",
    "0x1.0.0.0",
    " 192.0.2.1",
    "192.0.2.1 ",
    "192.0.2.1:",
    "192.0.2.1:65536",
    "192.0.2.1:123456",
    "192.0.2.1:8a",
    "[192.0.2.1]",
    "[::1",
    "[]",
    "[::1]x",
    "[::1]:",
    ":",
    ":::",
    ":1",
    "1:",
    "1::2::3",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7:8::",
    "12345::",
    "g::",
    "::1%",
    "::1.2.3",
    "1:2:3:4:5:6:7:1.2.3.4",
    "::1.2.3.4:5",
    "::ffff:192.0.2.01",
    "1.2.3.4%eth0",
    `${"0".repeat(60)}::`,
  ])("%p is none", (text) => {
    expect(normalizeAddress(text)).toBeUndefined();
  });
});

test("reads exactly what node:net reads as an address", () => {
  const characters = fc.constantFrom(..."0123456789abcdefF::::....".split(""));
  const words = new Int32Array(4);
  const noise = fc.string({ unit: characters, maxLength: 24 });
  fc.assert(
    fc.property(fc.oneof(noise, fc.ipV4(), fc.ipV6()), (text) => {
      expect(parseAddress(text, words)).toBe(isIP(text) !== 0);
    }),
    { numRuns: 2000 },
  );
});

test("canonical text reads back as the same address", () => {
  const word = fc.oneof(fc.constant(0), fc.constant(0xffff), fc.integer());
  fc.assert(
    fc.property(fc.tuple(word, word, word, word), (values) => {
      const words = Int32Array.from(values);
      const again = new Int32Array(4);
      const text = formatAddress(words);
      expect(parseAddress(text, again)).toBe(true);
      expect(again).toEqual(words);
      expect(isIpv4(words)).toBe(!text.includes(":"));
    }),
  );
});
