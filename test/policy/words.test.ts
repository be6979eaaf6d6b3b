import { expect, test } from "bun:test";
import { counted, durationText, keyWords, sizeText } from "../../src/policy/words.ts";

test.each([
  [1, "1 millisecond"],
  [250, "250 milliseconds"],
  [1_000, "1 second"],
  [1_500, "1500 milliseconds"],
  [60_000, "1 minute"],
  [90_000, "90 seconds"],
  [3_600_000, "1 hour"],
  [172_800_000, "2 days"],
])("%p ms are %s", (ms, text) => {
  expect(durationText(ms)).toBe(text);
});

test.each([
  [0, "0 bytes"],
  [1, "1 byte"],
  [1_000, "1000 bytes"],
  [1_024, "1 KB"],
  [1_536, "1536 bytes"],
  [10_485_760, "10 MB"],
  [4_294_967_296, "4 GB"],
])("%p bytes are %s", (bytes, text) => {
  expect(sizeText(bytes)).toBe(text);
});

test.each([
  ["ip", "each client address"],
  ["principal", "each caller"],
  ["header:x-tenant", "each value of the header x-tenant"],
  ["query:a:b", "each value of the query parameter a:b"],
  [["principal", "route"], "each caller and route"],
  ["global", "all requests together"],
  [["global", "cookie:lang"], "each value of the cookie lang"],
])("%p counts %s", (key, text) => {
  expect(keyWords(key)).toBe(text);
});

test("one of a kind has no s", () => {
  expect([0, 1, 2].map((count) => counted(count, "request"))).toEqual(["0 requests", "1 request", "2 requests"]);
});
