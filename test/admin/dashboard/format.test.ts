import { describe, expect, test } from "bun:test";
import {
  ago,
  clock,
  count,
  duration,
  rate,
  share,
  some,
  span,
} from "../../../src/admin/dashboard/page/model/format.ts";
import { iso, NOW } from "./facts.ts";

describe("figures are written", () => {
  test.each([
    [count(0), "0"],
    [count(3.25), "3.3"],
    [count(99.96), "100.0"],
    [count(1_240), "1,240"],
    [count(1_240.7), "1,241"],
    [count(12_400_000), "12.4M"],
    [rate(0), "0/s"],
    [rate(0.04), "<0.1/s"],
    [rate(0.44), "0.4/s"],
    [rate(12.4), "12/s"],
    [rate(1_239.8), "1,240/s"],
    [share(0), "0 %"],
    [share(Number.NaN), "0 %"],
    [share(0.0004), "<0.1 %"],
    [share(0.001), "0.1 %"],
    [share(0.123), "12 %"],
    [share(0.9996), "99 %"],
    [share(1), "100 %"],
    [duration(undefined), "–"],
    [duration(null), "–"],
    [duration(0), "0 ms"],
    [duration(0.42), "0.4 ms"],
    [duration(12.4), "12 ms"],
    [duration(1_240), "1.2 s"],
    [duration(65_000), "1 min"],
    [span(59_400), "59 s"],
    [span(3_600_000), "1 h"],
    [span(7_500_000), "2 h 5 min"],
    [span(356_400_000), "4 d 3 h"],
    [span(-5), "0 s"],
    [ago(iso(90), NOW), "1 min ago"],
    [ago(iso(-20), NOW), "just now"],
    [ago(undefined, NOW), "–"],
    [some(1, "target"), "1 target"],
    [some(2, "target"), "2 targets"],
    [some(2, "query", "queries"), "2 queries"],
  ])("%s", (written, expected) => {
    expect(written).toBe(expected);
  });

  test("with the time of day where the reader is", () => {
    expect(clock(new Date(2026, 0, 5, 3, 4, 5).getTime())).toBe("03:04:05");
    expect(clock("nonsense")).toBe("–");
  });
});
