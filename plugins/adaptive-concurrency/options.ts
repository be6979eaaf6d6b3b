import { Duration, Share, type Static, Type } from "../../src/plugin.ts";
import type { LimiterOptions } from "./limiter.ts";

const MOST = 1_000_000;

export const OptionsSchema = Type.Object(
  {
    min: Type.Integer({ default: 20, minimum: 1, maximum: MOST, description: "The limit never falls below this." }),
    max: Type.Integer({ default: 1000, minimum: 1, maximum: MOST, description: "It never grows above this." }),
    initial: Type.Integer({
      default: 100,
      minimum: 1,
      maximum: MOST,
      description: "The limit at the start, before anything was measured.",
    }),
    tolerance: Type.Number({
      default: 1.5,
      minimum: 1,
      maximum: 100,
      description: "Latency may be so many times the usual before the limit falls.",
    }),
    queue: Type.Integer({
      default: 4,
      minimum: 1,
      maximum: 1000,
      description: "Requests that may queue at the service: by a part of it (smoothing) the limit grows in a window.",
    }),
    smoothing: Share({ default: "20%", description: "How much of a newly reckoned limit counts. Above 0%." }),
    window: Duration({ default: "1s", description: "Between two changes of the limit. At least 10ms." }),
    "long-window": Type.Integer({
      default: 600,
      minimum: 10,
      maximum: MOST,
      description: "How many windows make the latency that is usual.",
    }),
  },
  { additionalProperties: false },
);

/** Throws an Error that says what does not fit together. */
export function limiterOptions(options: Static<typeof OptionsSchema>): LimiterOptions {
  const { min, max, initial, tolerance, queue, smoothing, window: windowMs, "long-window": longWindow } = options;
  if (min > max) throw new Error(`min: expected at most max, which is ${max}, found ${min}`);
  if (initial < min || initial > max) {
    throw new Error(`initial: expected a number from min to max, ${min} to ${max}, found ${initial}`);
  }
  if (smoothing <= 0 || smoothing > 1) throw new Error("smoothing: expected a share above 0% and at most 100%");
  if (windowMs < 10) throw new Error("window: expected at least 10ms");
  return { min, max, initial, tolerance, queue, smoothing, windowMs, longWindow };
}
