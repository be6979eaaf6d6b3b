import { parseMoment } from "./moment.ts";
import type { RouteConfig } from "./schema.ts";
import type { TrafficProblem } from "./traffic-problems.ts";

/** What the schema cannot tell of `deprecated`: that its dates are days of the calendar, and in their order. */
export function deprecatedProblems({ deprecated }: RouteConfig): readonly TrafficProblem[] {
  if (typeof deprecated !== "object") return [];
  const { since, sunset } = deprecated;
  const problems = Object.entries({ since, sunset }).flatMap(([key, text]) =>
    text === undefined || parseMoment(text) !== undefined
      ? []
      : [{ keys: ["deprecated", key], message: "there is no such date" }],
  );
  if (problems.length > 0 || since === undefined || sunset === undefined) return problems;
  const [begins = 0, ends = 0] = [parseMoment(since), parseMoment(sunset)];
  // RFC 9745 §4.
  if (ends >= begins) return [];
  return [{ keys: ["deprecated", "sunset"], message: "it would go away before it is deprecated" }];
}
