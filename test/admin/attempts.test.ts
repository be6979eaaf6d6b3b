import { describe, expect, test } from "bun:test";
import { TokenAttempts } from "../../src/admin/attempts.ts";

function attempts() {
  const clock = { now: 1_000_000 };
  return { clock, attempts: new TokenAttempts(() => clock.now) };
}

describe("wrong tokens of an address", () => {
  test("are ten at once, then one each six seconds", () => {
    const { clock, attempts: tried } = attempts();
    const noted = Array.from({ length: 10 }, () => tried.note("203.0.113.9"));
    expect(noted).toEqual([...Array(9).fill(false), true]);
    expect(tried.waitMs("203.0.113.9")).toBe(6_000);
    clock.now += 5_999;
    expect(tried.waitMs("203.0.113.9")).toBe(1);
    clock.now += 1;
    expect(tried.waitMs("203.0.113.9")).toBe(0);
    expect(tried.note("203.0.113.9")).toBeTrue();
    expect(tried.waitMs("203.0.113.9")).toBe(6_000);
  });

  test("are forgotten after a minute", () => {
    const { clock, attempts: tried } = attempts();
    for (let i = 0; i < 10; i++) tried.note("203.0.113.9");
    clock.now += 60_000;
    expect(Array.from({ length: 9 }, () => tried.note("203.0.113.9"))).toEqual(Array(9).fill(false));
  });

  test("keep no other one out", () => {
    const { attempts: tried } = attempts();
    for (let i = 0; i < 10; i++) tried.note("203.0.113.9");
    expect(tried.waitMs("203.0.113.8")).toBe(0);
    expect(tried.waitMs("::1")).toBe(0);
  });

  test.each([
    ["2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::", true],
    ["2001:db8::1", "2001:db8::2", true],
    ["2001:db8:1:2::1", "2001:db8:1:3::1", false],
    ["::1", "::2", true],
    ["::ffff:203.0.113.9", "203.0.113.9", true],
    ["::ffff:203.0.113.9", "::ffff:203.0.113.8", false],
  ])("of %s count for %s: %p", (from, other, isSame) => {
    const { attempts: tried } = attempts();
    for (let i = 0; i < 10; i++) tried.note(from);
    expect(tried.waitMs(other) > 0).toBe(isSame);
  });

  test("take no more memory with each address", () => {
    const { attempts: tried } = attempts();
    for (let i = 0; i < 10; i++) tried.note("203.0.113.9");
    for (let i = 0; i < 4_095; i++) tried.note(`10.0.${i >> 8}.${i & 255}`);
    expect(tried.waitMs("203.0.113.9")).toBe(6_000);
    tried.note("192.0.2.1");
    expect(tried.waitMs("203.0.113.9")).toBe(0);
  });
});
