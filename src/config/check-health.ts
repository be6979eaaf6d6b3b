import { isToken } from "../http1/chars.ts";
import { isHopByHop } from "../http1/hop.ts";
import type { ServiceEntry } from "./draft.ts";
import { below } from "./key-path.ts";
import { nearestNode } from "./node.ts";
import { type Problem, problemAt } from "./problem.ts";
import type { ServiceConfig } from "./schema.ts";

/** Keys of `health` that only a check over HTTP reads. */
const HTTP_ONLY = ["path", "method", "headers", "statuses", "body"];

/** What the schema cannot tell of a service's health checks and outlier detection. */
export function healthProblems(service: ServiceEntry, config: ServiceConfig): readonly Problem[] {
  const problems: Problem[] = [];
  const at = (keys: readonly string[], message: string, hint?: string) => {
    problems.push(problemAt(nearestNode(service.node, keys), below(service.path, ...keys), message, hint));
  };
  const { health, "outlier-detection": outlier } = config;
  if (health?.type === "tcp") {
    const whole = nearestNode(service.node, ["health"]);
    for (const key of HTTP_ONLY) {
      if (nearestNode(service.node, ["health", key]) === whole) continue;
      at(["health", key], `${key} has no effect with type: tcp`, "set type: http");
    }
  }
  const fault = health?.body === undefined ? undefined : patternFault(health.body);
  if (fault !== undefined) at(["health", "body"], `expected a regular expression: ${fault}`);
  if (health?.body !== undefined && health.method === "HEAD") {
    at(["health", "body"], "the reply to a HEAD has no body to match", "set method: GET");
  }
  for (const [name, value] of Object.entries(health?.headers ?? {})) {
    if (!isToken(name)) at(["health", "headers", name], `${JSON.stringify(name)} cannot be the name of a header`);
    else if (isHopByHop(name.toLowerCase())) at(["health", "headers", name], `${name} is the gateway's own to set`);
    if (!FIELD_VALUE.test(value)) at(["health", "headers", name], "expected a value of visible characters and blanks");
  }
  if (health !== undefined && health.interval < LEAST_MS) {
    at(["health", "interval"], "expected at least 10ms between checks");
  }
  if (health !== undefined && health["failing-interval"] < LEAST_MS) {
    at(["health", "failing-interval"], "expected at least 10ms between checks");
  }
  if (health !== undefined && health.timeout <= 0) at(["health", "timeout"], "a check needs some time");
  if (outlier !== undefined && outlier["max-ejection"] < outlier.ejection) {
    at(["outlier-detection", "max-ejection"], "max-ejection is shorter than ejection");
  }
  if (outlier !== undefined && outlier.ejection <= 0) at(["outlier-detection", "ejection"], "expected some time");
  if (outlier !== undefined && outlier["max-ejected"] > 1) {
    at(["outlier-detection", "max-ejected"], "expected at most 100%");
  }
  if (config["panic-threshold"] > 1) at(["panic-threshold"], "expected at most 100%");
  if (outlier !== undefined && outlier.interval < LEAST_MS) {
    at(["outlier-detection", "interval"], "expected at least 10ms between comparisons");
  }
  return problems;
}

const LEAST_MS = 10;
/** RFC 9110 §5.5, without obs-text. */
const FIELD_VALUE = /^(?:[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?)?$/;

function patternFault(pattern: string): string | undefined {
  try {
    new RegExp(pattern);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
