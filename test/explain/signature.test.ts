import { describe, expect, test } from "bun:test";
import { LONGEST_SECONDS, Signatures, signRequest } from "../../src/explain/signature.ts";

const SECRET = "0123456789abcdef0123456789abcdef";
const REQUEST = { method: "GET", host: "shop.test", path: "/a" };
const NOW = 1_800_000_000_000;
const EXPIRES = NOW / 1_000 + 60;

const take = (value: string, request = REQUEST, now = NOW, secret = SECRET) =>
  new Signatures(secret).take(value, request, now);

describe("a signature", () => {
  test("is good for its request, once", () => {
    const signatures = new Signatures(SECRET);
    const value = signRequest(SECRET, REQUEST, EXPIRES);
    expect(signatures.take(value, REQUEST, NOW)).toBe(true);
    expect(signatures.take(value, REQUEST, NOW)).toBe(false);
    expect(signatures.take(signRequest(SECRET, REQUEST, EXPIRES), REQUEST, NOW)).toBe(true);
  });

  test.each([
    ["method", { ...REQUEST, method: "POST" }],
    ["host", { ...REQUEST, host: "shop.test:80" }],
    ["path", { ...REQUEST, path: "/b" }],
    // Parts that run into each other are others.
    ["host and path", { ...REQUEST, host: "shop.test/", path: "a" }],
  ])("is not good for another %s", (_, request) => {
    expect(take(signRequest(SECRET, REQUEST, EXPIRES), request)).toBe(false);
  });

  test("is not good with another secret, after its time, or if its time is too far away", () => {
    const value = signRequest(SECRET, REQUEST, EXPIRES);
    expect(take(value, REQUEST, NOW, SECRET.replace("0", "1"))).toBe(false);
    expect(take(value, REQUEST, NOW + 61_000)).toBe(false);
    expect(take(signRequest(SECRET, REQUEST, NOW / 1_000 + LONGEST_SECONDS + 1), REQUEST)).toBe(false);
    expect(take(signRequest(SECRET, REQUEST, NOW / 1_000 + LONGEST_SECONDS), REQUEST)).toBe(true);
  });

  test("that was changed anywhere is not good, and another spelling of a used one is not another", () => {
    const value = signRequest(SECRET, REQUEST, EXPIRES);
    for (let i = 0; i < value.length; i++) {
      const changed = value.slice(0, i) + (value[i] === "1" ? "2" : "1") + value.slice(i + 1);
      const signatures = new Signatures(SECRET);
      expect(signatures.take(value, REQUEST, NOW)).toBe(true);
      expect(signatures.take(changed, REQUEST, NOW)).toBe(false);
    }
    for (const text of ["", "x", `${value}, ${value}`, ` ${value}`, `${value}=`]) expect(take(text)).toBe(false);
  });

  test("of many is remembered until it runs out, and no more are taken than can be remembered", () => {
    const signatures = new Signatures(SECRET);
    const takeOne = (now: number) =>
      signatures.take(signRequest(SECRET, REQUEST, Math.floor(now / 1_000) + 60), REQUEST, now);
    for (let i = 0; i < 1_000; i++) expect(takeOne(NOW)).toBe(true);
    expect(takeOne(NOW)).toBe(false);
    expect(takeOne(NOW + 30_000)).toBe(false);
    expect(takeOne(NOW + 62_000)).toBe(true);
  });
});
