import { LATENCY_SECONDS } from "../observe/metrics/histogram.ts";
import type { RuleNames } from "./alert-names.ts";
import { KEYS_OF, OF, OF_SERVICES, WINDOWS } from "./alert-rules.ts";
import type { Draft } from "./draft.ts";
import { didYouMean } from "./nearest.ts";
import { entryOf, type Node, nearestNode } from "./node.ts";
import type { RuleConfig } from "./schema-alerts.ts";
import { alternatives, found } from "./words.ts";

const LONGEST_SECONDS = LATENCY_SECONDS.at(-1) ?? 0;

/** Others are unknown in any rule, which the schema says. */
const KNOWN_KEYS: ReadonlySet<string> = new Set(Object.values(KEYS_OF).flat());

type Draftee = Partial<RuleConfig>;

export type Keys = readonly (string | number)[];
/** Takes a mistake in the section, at these keys of it. */
export type Report = (keys: Keys, message: string, hint?: string) => void;

/** How a value of a unit begins and ends, for telling them apart where all three fit the schema. */
const UNIT_TEXT = { share: /%$/, duration: /[smhd]$/, size: /b$/ } as const;
const UNIT_EXAMPLE = { share: "a share such as 90%", duration: "a duration such as 200ms", size: "a size such as 2gb" };

/** The keys of one rule against its kind, and the names in it against what there is. */
export function checkRule(rule: Draftee, names: RuleNames, draft: Draft, place: Keys, at: Report): void {
  const { kind } = rule;
  if (kind === undefined) return;
  const node = nearestNode(draft.root, ["alerts", ...place]);
  const here: Report = (keys, message, hint) => at([...place, ...keys], message, hint);
  const allowed: readonly string[] = KEYS_OF[kind];
  for (const { key } of node.kind === "map" ? node.entries : []) {
    if (KNOWN_KEYS.has(key) && !allowed.includes(key))
      here([key], `a rule of kind ${kind} has no ${key}`, `it may have ${allowed.join(", ")}`);
  }
  checkOf(rule, node, here);
  if (kind === "errors" || kind === "latency") checkBurn(rule, node, here);
  checkSubjects(rule, here);
  if (draft.isComplete) checkNames(rule, names, draft, place, here);
}

/** What is written but no value of its type has been told by the schema: it is not missing. */
function checkOf({ kind = "errors", of, above, within }: Draftee, node: Node, at: Report): void {
  const known = OF[kind];
  if (known === undefined) return;
  const names = Object.keys(known);
  if (of === undefined) {
    const isMissing = kind !== "anomaly" && entryOf(node, "of") === undefined;
    if (isMissing) at(["of"], `a rule of kind ${kind} needs of`, `one of ${names.join(", ")}`);
    return;
  }
  if (!Object.hasOwn(known, of)) {
    const text = found(nearestNode(node, ["of"]));
    return at(["of"], `expected ${alternatives(names)}, found ${text}`, didYouMean(of, names));
  }
  if (kind === "state" && of !== "certificate" && within !== undefined)
    at(["within"], `within has no effect with of: ${of}`, "it goes with of: certificate");
  const unit = known[of];
  if (unit === undefined) return;
  const written = entryOf(node, "above")?.value;
  if (written === undefined) return at(["above"], `of: ${of} needs above`, UNIT_EXAMPLE[unit]);
  if (above === undefined) return;
  const value = written.kind === "scalar" ? written.value : undefined;
  if (typeof value === "string" && !UNIT_TEXT[unit].test(value)) {
    return at(["above"], `of ${of} it is ${UNIT_EXAMPLE[unit]}`);
  }
  if (above <= 0) at(["above"], "it would fire all the time", UNIT_EXAMPLE[unit]);
  if (unit === "share" && above > 1) at(["above"], "more than 100% is never reached");
}

function checkBurn(rule: Draftee, node: Node, at: Report): void {
  const { kind, objective = kind === "errors" ? 0.999 : 0.99, windows = WINDOWS } = rule;
  if (kind === "latency" && entryOf(node, "slower-than") === undefined) {
    at(["slower-than"], "a rule of kind latency needs slower-than", "for example 300ms");
  }
  if (rule["slower-than"] === 0) at(["slower-than"], "every request takes longer", "for example 300ms");
  if ((rule["slower-than"] ?? 0) > LONGEST_SECONDS * 1_000) {
    at(["slower-than"], `latencies are told apart up to ${LONGEST_SECONDS} s`, `at most ${LONGEST_SECONDS}s`);
  }
  if (objective >= 1)
    return at(["objective"], "100% allows no failure, so every one would be an alert", "for example 99.9%");
  if (objective <= 0) return at(["objective"], "0% allows every failure", "for example 99.9%");
  for (const [index, window] of windows.entries()) {
    const { long, short, burn } = window ?? {};
    if (long !== undefined && short !== undefined && (short < 1_000 || short >= long)) {
      at(["windows", index, "short"], "expected at least 1s, and less than long", "a twelfth of long is usual");
    }
    if (burn === undefined || burn * (1 - objective) <= 1) continue;
    const most = Math.floor(10 / (1 - objective)) / 10;
    const keys = rule.windows === undefined ? ["objective"] : ["windows", index, "burn"];
    at(keys, `a burn of ${burn} is never reached: with this objective it is ${most} when every request fails`);
  }
}

function checkSubjects({ kind = "errors", of = "", per, route, service }: Draftee, at: Report): void {
  if (route !== undefined && service !== undefined) at(["service"], "a rule is of routes or of services, not of both");
  if (per === "all" && (route ?? service) !== undefined) at(["per"], "all requests are of no route or service alone");
  if (per === "route" && service !== undefined) at(["service"], "per: route goes with route");
  if (per === "service" && route !== undefined) at(["route"], "per: service goes with service");
  const isLevel = kind === "saturation" || kind === "state";
  if (isLevel && service !== undefined && !OF_SERVICES.includes(of)) at(["service"], `${of} is no matter of a service`);
}

function checkNames(rule: Draftee, names: RuleNames, draft: Draft, place: Keys, at: Report): void {
  for (const key of ["route", "service"] as const) {
    const written = rule[key];
    if (written === undefined) continue;
    const isList = Array.isArray(written);
    for (const [index, name] of (isList ? written : [written]).entries()) {
      if (name === undefined || names[key].has(name)) continue;
      const keys = isList ? [key, index] : [key];
      const text = found(nearestNode(draft.root, ["alerts", ...place, ...keys]));
      const hint = didYouMean(name, names[key]) ?? `there are ${[...names[key]].slice(0, 10).join(", ")}`;
      at(keys, `expected the name of a ${key}, found ${text}`, hint);
    }
  }
}
