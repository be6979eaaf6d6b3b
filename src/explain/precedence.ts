import type { RouteConfig } from "../config/schema.ts";
import { conditionsOf } from "../routing/conditions.ts";
import { parseHost } from "../routing/host.ts";
import { type PathPattern, parsePattern } from "../routing/path-pattern.ts";

type Matched = Pick<RouteConfig, "path" | "host" | "methods" | "headers" | "query">;

const KINDS = ["exact", "parameter", "prefix", "regex"] as const;
const NAMES: Readonly<Record<PathPattern["kind"], string>> = {
  exact: "an exact path",
  parameter: "a path with parameters",
  prefix: "a prefix",
  regex: "a regular expression",
};

/** Why the first of two routes that both take a request gets it: the first rule of `buildRouter` in which they differ. */
export function whyBetter(better: Matched, other: Matched): string {
  return (
    byHost(better, other) ?? byPattern(parsePattern(better.path), parsePattern(other.path)) ?? byRest(better, other)
  );
}

function byHost({ host: better }: Matched, { host: other }: Matched): string | undefined {
  if (better === undefined || better === other) return undefined;
  if (other === undefined) return `it names the host ${better}`;
  const [a, b] = [parseHost(better), parseHost(other)];
  if (a.isWildcard !== b.isWildcard) return `the host ${better} comes before ${other}`;
  return a.name === b.name ? undefined : `the longer host ${better} comes before ${other}`;
}

function byPattern(better: PathPattern, other: PathPattern): string | undefined {
  if (better.kind !== other.kind) {
    const isUsual = KINDS.indexOf(better.kind) < KINDS.indexOf(other.kind);
    return isUsual ? `${NAMES[better.kind]} comes before ${NAMES[other.kind]}` : undefined;
  }
  if (better.kind === "regex" || other.kind === "regex") {
    const [a, b] = [lengthOf(better), lengthOf(other)];
    return a > b ? "the longer regular expression comes first" : undefined;
  }
  const [a, b] = [lengthOf(better), lengthOf(other)];
  if (a > b) return `the longer path comes first: ${a} segments before ${b}`;
  const differs = better.segments.some((segment, i) => segment.kind !== other.segments[i]?.kind);
  return differs ? "it is literal further to the left" : undefined;
}

function lengthOf(pattern: PathPattern): number {
  return pattern.kind === "regex" ? pattern.source.length : pattern.segments.length;
}

function byRest(better: Matched, other: Matched): string {
  const [a, b] = [conditionsOf(better).count, conditionsOf(other).count];
  return a > b ? `it has more conditions: ${a} to ${b}` : "it stands earlier in the configuration";
}
