import type { HeaderList, Taken } from "../../src/plugin.ts";
import type { Grade } from "./limits.ts";

/** Which fields tell clients about limits. */
export type FieldForm = "draft" | "legacy" | "both" | "none";

/** Tells a client what is left: of several limits the one that refuses, or has least left. */
export function setFields(
  headers: HeaderList,
  form: FieldForm,
  grades: readonly Grade[],
  taken: readonly Taken[],
): void {
  const index = tightest(taken);
  const one = taken[index];
  const grade = grades[index];
  if (one === undefined || grade === undefined) return;
  const remaining = Math.max(one.remaining, 0);
  const seconds = secondsOf(one);
  if (form !== "legacy") {
    headers.set("ratelimit-policy", grades.length === 1 ? grade.field : grades.map(({ field }) => field).join(", "));
    headers.set("ratelimit", `"${grade.name}";r=${remaining};t=${seconds}`);
  }
  if (form === "draft") return;
  headers.set("x-ratelimit-limit", String(grade.policy.limit));
  headers.set("x-ratelimit-remaining", String(remaining));
  headers.set("x-ratelimit-reset", String(seconds));
}

/** Seconds until a refused request would pass every limit, rounded up: Retry-After (RFC 9110 §10.2.3). */
export function retryAfter(taken: readonly Taken[]): number {
  return Math.ceil(Math.max(...taken.map(({ retryAfterMs }) => retryAfterMs)) / 1_000);
}

/** Of what refuses, the one that does so longest; else the one with the least left, and of these the last to be full again. */
function tightest(taken: readonly Taken[]): number {
  let best = 0;
  for (let i = 1; i < taken.length; i++) {
    const [one, other] = [taken[i], taken[best]];
    if (one !== undefined && other !== undefined && isTighter(one, other)) best = i;
  }
  return best;
}

function isTighter(one: Taken, other: Taken): boolean {
  if (one.allowed !== other.allowed) return !one.allowed;
  if (!one.allowed) return one.retryAfterMs > other.retryAfterMs;
  if (one.remaining !== other.remaining) return one.remaining < other.remaining;
  return one.resetAfterMs > other.resetAfterMs;
}

/** After a refusal the time of Retry-After, else the time until all is there again. */
function secondsOf({ allowed, retryAfterMs, resetAfterMs }: Taken): number {
  return Math.ceil((allowed ? resetAfterMs : retryAfterMs) / 1_000);
}
