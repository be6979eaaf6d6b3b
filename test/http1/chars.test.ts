import { describe, expect, test } from "bun:test";
import { CAPITAL, isToken, TOKEN, tokenTable, valueTable } from "../../src/http1/chars.ts";

const octets = Array.from({ length: 256 }, (_, code) => code);

describe("the tables of octets", () => {
  test("know the token characters of RFC 9110 §5.6.2, and which of them are capitals", () => {
    const kindOf = (char: string) => {
      if (/[A-Z]/.test(char)) return TOKEN | CAPITAL;
      return /[!#$%&'*+\-.^_`|~0-9a-z]/.test(char) ? TOKEN : 0;
    };
    expect([...tokenTable]).toEqual(octets.map((code) => kindOf(String.fromCharCode(code))));
  });

  test("let into a field value what RFC 9110 §5.5 does", () => {
    const isAllowed = (code: number) => code === 9 || (code >= 0x20 && code !== 0x7f);
    expect([...valueTable]).toEqual(octets.map((code) => (isAllowed(code) ? 1 : 0)));
  });
});

describe("isToken", () => {
  test.each(["GET", "x", "a-b", "!#$%&'*+-.^_`|~09azAZ"])("accepts %p", (text) => {
    expect(isToken(text)).toBe(true);
  });

  test.each(["", " ", "a b", "a:", "a\t", "\0GET", "caf\u00e9", "\u0130", "(", "a,b", "a\r"])("refuses %p", (text) => {
    expect(isToken(text)).toBe(false);
  });
});
