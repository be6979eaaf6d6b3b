import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { CidrSet, parseCidr } from "../../src/message/cidr.ts";

describe("parseCidr", () => {
  test.each([
    ["10.0.0.0/8", 4, 104],
    ["10.1.2.3", 4, 128],
    ["0.0.0.0/0", 4, 96],
    ["2001:db8::/32", 6, 32],
    ["::1", 6, 128],
    ["::/0", 6, 0],
    ["::ffff:10.0.0.0/104", 4, 104],
  ])("reads %s", (text, family, prefix) => {
    expect(parseCidr(text)).toMatchObject({ family: family as 4 | 6, prefix });
  });

  test.each([
    "",
    "/",
    "10.0.0.0/",
    "/8",
    "10.0.0.0/33",
    "10.0.0.0/08",
    "10.0.0.0/-1",
    "10.0.0.0/8/8",
    "10.0.0.0 /8",
    "10.0.0/8",
    "10.0.0.010",
    "2001:db8::/129",
    "2001:db8::/1e1",
    "[::1]",
    "fe80::1%eth0/64",
    "localhost",
    "10.0.0.0/255.0.0.0",
  ])("refuses %p", (text) => {
    expect(parseCidr(text)).toBeUndefined();
  });

  test("drops the bits behind the prefix", () => {
    expect(parseCidr("10.1.2.3/8")).toEqual(parseCidr("10.0.0.0/8"));
    expect(parseCidr("2001:db8:ffff::/33")).toEqual(parseCidr("2001:db8:8000::/33"));
  });
});

describe("CidrSet", () => {
  test("an empty set contains nothing", () => {
    expect(new CidrSet([]).contains("10.0.0.1")).toBe(false);
  });

  test("throws on what is no block and names it", () => {
    expect(() => new CidrSet(["10.0.0.0/8", "nonsense"])).toThrow('"nonsense"');
  });

  test("compares at the exact edges of IPv4 blocks", () => {
    const set = new CidrSet(["192.168.4.0/22", "20.0.113.7"]);
    for (const inside of ["192.168.4.0", "192.168.7.255", "20.0.113.7"]) expect(set.contains(inside)).toBe(true);
    for (const outside of ["192.168.3.255", "192.168.8.0", "20.0.113.6", "20.0.113.8"]) {
      expect(set.contains(outside)).toBe(false);
    }
  });

  test("compares at the exact edges of IPv6 blocks that end within a word", () => {
    const set = new CidrSet(["2001:db8:0:8000::/49", "fc00::/7", "::1"]);
    for (const inside of ["2001:db8:0:8000::", "2001:db8:0:ffff:ffff:ffff:ffff:ffff", "fdff::1", "::1"]) {
      expect(set.contains(inside)).toBe(true);
    }
    for (const outside of ["2001:db8:0:7fff::", "2001:db8:1::", "fe00::", "::2", "::"]) {
      expect(set.contains(outside)).toBe(false);
    }
  });

  test("an IPv4-mapped IPv6 address is its IPv4 address, on both sides", () => {
    expect(new CidrSet(["10.0.0.0/8"]).contains("::ffff:10.9.9.9")).toBe(true);
    expect(new CidrSet(["10.0.0.0/8"]).contains("::ffff:a09:909")).toBe(true);
    expect(new CidrSet(["::ffff:10.0.0.0/104"]).contains("10.9.9.9")).toBe(true);
    expect(new CidrSet(["::ffff:10.0.0.0/104"]).contains("11.0.0.0")).toBe(false);
  });

  test("all of one family is nothing of the other", () => {
    expect(new CidrSet(["::/0"]).contains("10.0.0.1")).toBe(false);
    expect(new CidrSet(["::/0"]).contains("2001:db8::1")).toBe(true);
    expect(new CidrSet(["0.0.0.0/0"]).contains("::1")).toBe(false);
    expect(new CidrSet(["0.0.0.0/0"]).contains("255.255.255.255")).toBe(true);
  });

  test("what is no bare address is in no block", () => {
    const set = new CidrSet(["0.0.0.0/0", "::/0"]);
    for (const text of ["", "unknown", "10.0.0.1:80", "[::1]", "10.0.0.1 ", "010.0.0.1", "1.2.3", "0x7f.0.0.1"]) {
      expect(set.contains(text)).toBe(false);
    }
  });

  test("agrees with arithmetic on any IPv4 block", () => {
    const word = fc.nat({ max: 0xffff_ffff });
    const dotted = (value: number) => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join(".");
    fc.assert(
      fc.property(word, word, fc.nat({ max: 32 }), (network, other, bits) => {
        const size = 2 ** (32 - bits);
        const expected = Math.floor(network / size) === Math.floor(other / size);
        const set = new CidrSet([`${dotted(network)}/${bits}`]);
        expect(set.contains(dotted(network))).toBe(true);
        expect(set.contains(dotted(other))).toBe(expected);
      }),
    );
  });
});
