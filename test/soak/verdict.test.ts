import { describe, expect, test } from "bun:test";
import { growth, remains, type Sample, unrest } from "./verdict.ts";

const MB = 1_048_576;
const QUIET: Sample = { seconds: 0, bytes: 70 * MB, fds: 14, open: 3, inUse: 0, pending: 0 };

function samples(count: number, at: (i: number) => Partial<Sample>): Sample[] {
  return Array.from({ length: count }, (_, i) => ({ ...QUIET, seconds: i, ...at(i) }));
}

describe("growth", () => {
  test("is not what happens while the gateway warms up, nor what comes and goes", () => {
    expect(growth(samples(40, (i) => ({ bytes: (i < 9 ? 20 + 5 * i : 70 + (i % 3) * 8) * MB })))).toEqual([]);
  });

  test.each([
    ["memory (MB)", (i: number) => ({ bytes: (70 + 2 * i) * MB })],
    ["file descriptors", (i: number) => ({ fds: 14 + 3 * i })],
    ["connections of pools", (i: number) => ({ open: 3 + 3 * i })],
  ])("of %s is told", (what, at) => {
    expect(growth(samples(40, at))).toEqual([expect.stringContaining(`${what} grew from`)]);
  });

  test("cannot be told from a few samples", () => {
    expect(growth(samples(2, () => ({})))).toEqual(["the soak was too short to tell growth"]);
  });
});

describe("what remains", () => {
  test("is nothing when only idle upstream connections are there", () => {
    expect(remains(QUIET, { ...QUIET, fds: 21, open: 10 })).toEqual([]);
  });

  test.each([
    ["1 file descriptors", { fds: 15 }],
    ["2 connections of pools", { inUse: 2 }],
    ["1 requests still wait", { pending: 1 }],
  ])("counts %s", (text, after) => {
    expect(remains(QUIET, { ...QUIET, ...after })).toEqual([expect.stringContaining(text)]);
  });
});

test("a gateway that does not come to rest is told", () => {
  expect(unrest(0.05)).toEqual([]);
  expect(unrest(0.5)).toEqual([expect.stringContaining("50 % of a processor")]);
});
