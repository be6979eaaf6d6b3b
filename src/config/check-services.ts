import { isToken } from "../http1/chars.ts";
import { isHopByHop } from "../http1/hop.ts";
import { isProxyClaim } from "../http1/proxy-fields.ts";
import { discoverProblems } from "./check-discover.ts";
import { healthProblems } from "./check-health.ts";
import { servicesInOptions } from "./check-service-names.ts";
import type { Draft, ServiceEntry } from "./draft.ts";
import { below } from "./key-path.ts";
import { nearestNode } from "./node.ts";
import { pemFault } from "./pem-fault.ts";
import { type Problem, problemAt } from "./problem.ts";
import type { ServiceConfig } from "./schema.ts";
import { targetProblems } from "./target-problems.ts";

/** What the schema cannot tell of a service: its targets' URLs, keys that need each other, whether it is used. */
export function checkServices(draft: Draft): readonly Problem[] {
  const used = usedServices(draft);
  // A misspelled name in a route leaves its service unused: that is one mistake, not two.
  const canTell = draft.isComplete && [...used].every((name) => draft.services.has(name));
  return [...draft.services.values()].flatMap((service) => [
    ...nameProblems(service),
    ...targetProblems(service.value.targets ?? [], service.node, service.path),
    ...discoverProblems(service),
    ...(service.valid === undefined ? [] : pairProblems(service, service.valid)),
    ...(service.valid === undefined ? [] : healthProblems(service, service.valid)),
    ...(used.has(service.name) || !canTell ? [] : [unusedProblem(service)]),
  ]);
}

/** Names stand in logs, metrics and URLs of the admin port. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

function nameProblems({ name, place, path }: ServiceEntry): readonly Problem[] {
  if (NAME.test(name)) return [];
  const message = `${JSON.stringify(name)} cannot be the name of a service: expected letters, digits, dots, hyphens and underscores`;
  return [problemAt(place, path, message)];
}

function pairProblems(service: ServiceEntry, config: ServiceConfig): readonly Problem[] {
  const problems: Problem[] = [];
  const at = (keys: readonly string[], message: string, hint?: string) => {
    problems.push(problemAt(nearestNode(service.node, keys), below(service.path, ...keys), message, hint));
  };
  const isHashed = config.balance === "consistent-hash";
  if (isHashed && config["hash-on"] === undefined) {
    at(["balance"], "consistent-hash needs to know what to hash", "add hash-on: ip, for example");
  }
  if (!isHashed && config["hash-on"] !== undefined) {
    at(["hash-on"], `hash-on has no effect with ${config.balance}`, "set balance: consistent-hash");
  }
  const hashed = config["hash-on"];
  if (typeof hashed === "object" && "header" in hashed && !isToken(hashed.header)) {
    at(["hash-on", "header"], `${JSON.stringify(hashed.header)} cannot be the name of a header`);
  }
  const deadline = config["deadline-header"]?.toLowerCase();
  if (deadline !== undefined && !mayNameDeadline(deadline)) {
    const fault = isToken(deadline) ? "is the gateway's own" : "cannot be the name of a header";
    at(["deadline-header"], `${JSON.stringify(deadline)} ${fault}`, "for example x-request-timeout-ms");
  }
  const { cert, key } = config.tls;
  if (cert !== undefined && key === undefined) at(["tls", "cert"], "a client certificate needs its key", "add tls.key");
  if (key !== undefined && cert === undefined) at(["tls", "key"], "a key needs its certificate", "add tls.cert");
  const fault = (cert === undefined) === (key === undefined) ? pemFault(config.tls) : undefined;
  if (fault !== undefined) at(["tls", fault.key], fault.message);
  const weights = config.targets.map((target) => (typeof target === "string" ? 1 : target.weight));
  if (weights.length > 0 && config.discover === undefined && weights.every((weight) => weight === 0))
    at(["targets"], "every target has the weight 0: none gets a request");
  return problems;
}

/** What the gateway writes itself, or leaves out, cannot be the time as well. */
function mayNameDeadline(name: string): boolean {
  return isToken(name) && name !== "host" && name !== "via" && !isHopByHop(name) && !isProxyClaim(name);
}

function usedServices(draft: Draft): ReadonlySet<string> {
  const used = new Set<string>();
  for (const { value } of draft.routes) {
    if (value.service !== undefined) used.add(value.service);
    if (value.canary?.service !== undefined) used.add(value.canary.service);
    for (const share of value.weighted ?? []) if (share?.service !== undefined) used.add(share.service);
  }
  for (const { node } of servicesInOptions(draft)) used.add(String(node.value));
  return used;
}

function unusedProblem({ place, path, name }: ServiceEntry): Problem {
  return problemAt(place, path, `no route uses the service ${JSON.stringify(name)}`, undefined, "warning");
}
