import { describe, expect, test } from "bun:test";
import { SeasonalBaseline } from "../../../src/alerts/anomaly/baseline.ts";
import { randomOf } from "../study/random.ts";

const MINUTE = 60_000;
const DAY = 1_440;
const START = Date.UTC(2026, 0, 5);

/** A day's wave with noise of 0.1 around it. */
function wave(minute: number): number {
  return 5 + Math.sin((minute / DAY) * 2 * Math.PI);
}

function learned(days: number, value: (minute: number, noise: number) => number) {
  const { normal } = randomOf(7);
  const baseline = new SeasonalBaseline(DAY * MINUTE, START);
  for (let minute = 0; minute < days * DAY; minute++) {
    baseline.learn(START + minute * MINUTE, value(minute, 0.1 * normal()), 0);
  }
  return { baseline, forecast: (minute: number) => baseline.forecast(START + (days * DAY + minute) * MINUTE) };
}

describe("a baseline", () => {
  test("knows nothing of an hour that it has not seen", () => {
    const { baseline } = learned(0.5, (minute) => wave(minute));
    expect(baseline.forecast(START + 3.5 * 60 * MINUTE)?.mean).toBeWithin(5.6, 5.9);
    expect(baseline.forecast(START + 18 * 60 * MINUTE)).toBeUndefined();
  });

  test("learns the hours of a day, and how much they differ", () => {
    const { forecast } = learned(7, (minute, noise) => wave(minute) + noise);
    for (let minute = 0; minute < DAY; minute += 37) {
      expect(Math.abs((forecast(minute)?.mean ?? 0) - wave(minute))).toBeLessThan(0.08);
    }
    expect(Math.sqrt(forecast(0)?.variance ?? 0)).toBeWithin(0.08, 0.13);
  });

  test("is hardly moved by spikes, however high", () => {
    const calm = learned(7, (minute, noise) => wave(minute) + noise);
    const spiky = learned(7, (minute, noise) => wave(minute) + noise + (minute % 90 < 2 ? 50 : 0));
    for (let minute = 0; minute < DAY; minute += 37) {
      const difference = (spiky.forecast(minute)?.mean ?? 0) - (calm.forecast(minute)?.mean ?? 0);
      expect(Math.abs(difference)).toBeLessThan(0.05);
    }
  });

  test("learns a level that has changed for good", () => {
    const { forecast } = learned(21, (minute, noise) => wave(minute) + noise + (minute > 7 * DAY ? 1 : 0));
    expect(Math.abs((forecast(600)?.mean ?? 0) - wave(600) - 1)).toBeLessThan(0.1);
  });

  test("leaves out the noise of counting from what it calls usual", () => {
    const { normal } = randomOf(3);
    const baseline = new SeasonalBaseline(DAY * MINUTE, START);
    for (let minute = 0; minute < 7 * DAY; minute++) {
      baseline.learn(START + minute * MINUTE, wave(minute) + 0.3 * normal(), 0.09);
    }
    expect(Math.sqrt(baseline.forecast(START)?.variance ?? 1)).toBeLessThan(0.13);
  });

  test("is the same when it was written and read", () => {
    const { baseline, forecast } = learned(3, (minute, noise) => wave(minute) + noise);
    const state = JSON.parse(JSON.stringify(baseline.state));
    const again = new SeasonalBaseline(DAY * MINUTE, START + 999, state);
    const at = START + 3.3 * DAY * MINUTE;
    expect(again.forecast(at)?.mean).toBeCloseTo(forecast(0.3 * DAY)?.mean ?? 0, 4);
    expect(again.seasons(at)).toBe(baseline.seasons(at));
    const other = new SeasonalBaseline(7 * DAY * MINUTE, START, state);
    expect(other.forecast(at)).toBeUndefined();
  });
});
