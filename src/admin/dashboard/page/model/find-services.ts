import type { Service, Target } from "../api/types.ts";
import type { Facts, Finding } from "./facts.ts";
import { duration, some } from "./format.ts";
import { circuitState, isWell, targetState } from "./target-state.ts";
import { median } from "./traffic.ts";

/** A target is slow if its median is so much above the others', or above what is usual, and at least so many ms. */
const TIMES_SLOWER = 4;
const SLOW_MS = 100;
/** Slow by any measure, with nothing to compare it with. */
const VERY_SLOW_MS = 2_000;
const ENOUGH_REPLIES = 3;

/** What is wrong with services and their targets: down, open, slow, waiting, taken out. */
export function findInServices(facts: Facts): readonly Finding[] {
  return facts.services.flatMap((service) => [
    ...targetsDown(service, facts.now),
    ...circuits(service, facts.now),
    ...slowTargets(service, facts),
    ...waiting(service),
    ...drained(service),
    ...undiscovered(service),
  ]);
}

function targetsDown({ name, targets }: Service, now: number): readonly Finding[] {
  const bad = targets.filter((target) => target.isDrained !== true && !isWell(target, now));
  const [first] = bad;
  if (first === undefined) return [];
  const inUse = targets.filter(({ isDrained }) => isDrained !== true).length;
  const isAll = bad.length === inUse;
  const { word, why } = targetState(first, now);
  const what = isAll
    ? `${name} is down: ${inUse === 1 ? "its target does not answer" : `none of its ${inUse} targets answers`}`
    : `${name}: ${bad.length} of ${some(inUse, "target")} down`;
  const advice = `${first.url} is ${word}${why === undefined ? "" : `: ${why}`}.`;
  const level = isAll ? "critical" : "warning";
  return [{ key: `down ${name}`, level, weight: isAll ? 95 : 79, text: what, advice, view: "topology" }];
}

/** Open or held circuits; not those that are open because their target is down, which is told already. */
function circuits({ name, targets, circuits: all = [] }: Service, now: number): readonly Finding[] {
  const down = targets.filter((target) => !isWell(target, now)).map(({ url }) => url);
  return all.flatMap((circuit): readonly Finding[] => {
    if (circuit.state === "closed" && !circuit.isForced) return [];
    if (!circuit.isForced && circuit.target !== undefined && down.includes(circuit.target)) return [];
    const { why } = circuitState(circuit, now);
    const where = circuit.target === undefined ? "" : ` for ${circuit.target}`;
    const key = `circuit ${name} ${circuit.target ?? ""} ${circuit.site}`;
    if (circuit.isForced) {
      const text = `${name}: a circuit is held ${circuit.state} by hand${where}`;
      const advice = "It stays so until it is reset, whatever happens.";
      return [{ key, level: "note", weight: 15, text, advice, view: "topology" }];
    }
    const text = `${name}: the circuit is ${circuit.state}${where}`;
    return [{ key, level: "warning", weight: 78, text, advice: `${why ?? ""}.`, view: "topology" }];
  });
}

function slowTargets(service: Service, facts: Facts): readonly Finding[] {
  return service.targets.flatMap((target): readonly Finding[] => {
    const { p50Ms, replies } = facts.targetTraffic(service.name, target.url);
    if (p50Ms === undefined || replies < ENOUGH_REPLIES || p50Ms < SLOW_MS) return [];
    const usual = othersMs(service, target, facts);
    const isSlow = usual === undefined ? p50Ms >= VERY_SLOW_MS : p50Ms >= TIMES_SLOWER * usual.ms;
    if (!isSlow) return [];
    const compared = usual === undefined ? "" : ` (${usual.whose} ${duration(usual.ms)})`;
    return [
      {
        key: `slow ${service.name} ${target.url}`,
        level: "warning",
        weight: 72,
        text: `${service.name} is slow: ${target.url} takes ${duration(p50Ms)}${compared}`,
        advice:
          "Half of its replies take longer. Look at that target's load and log; drain it if others can do its work.",
        view: "topology",
      },
    ];
  });
}

/** What to hold a target's median against: that of the others, else the usual one of the service. */
function othersMs(
  { name, targets }: Service,
  target: Target,
  facts: Facts,
): { readonly ms: number; readonly whose: string } | undefined {
  const others = targets
    .filter((other) => other !== target)
    .map((other) => facts.targetTraffic(name, other.url))
    .filter(({ replies }) => replies >= ENOUGH_REPLIES)
    .flatMap(({ p50Ms }) => p50Ms ?? []);
  const ms = median(others);
  if (ms !== undefined) return { ms, whose: others.length === 1 ? "the other one" : "the others" };
  const usual = facts.traffic.services.get(name)?.usualMs;
  return usual === undefined ? undefined : { ms: usual, whose: "usually" };
}

function waiting({ name, targets }: Service): readonly Finding[] {
  const pending = targets.reduce((sum, { pool }) => sum + pool.pending, 0);
  if (pending === 0) return [];
  const text = `${name}: ${some(pending, "request")} ${pending === 1 ? "waits" : "wait"} for a connection`;
  const advice = "If it lasts, the service is too slow, or pool.max-connections too small.";
  return [{ key: `pending ${name}`, level: "warning", weight: 45, text, advice, view: "topology" }];
}

function drained({ name, targets }: Service): readonly Finding[] {
  const out = targets.filter(({ isDrained }) => isDrained === true);
  if (out.length === 0) return [];
  const text = `${name}: ${out.length} of ${some(targets.length, "target")} drained by hand`;
  const advice = "It gets no requests until it is taken back.";
  return [{ key: `drained ${name}`, level: "note", weight: 12, text, advice, view: "topology" }];
}

function undiscovered({ name, discovery }: Service): readonly Finding[] {
  if (discovery?.lastError === undefined) return [];
  const text = `${name}: its targets cannot be discovered`;
  const advice = `Those that were known stay in use. ${discovery.lastError.reason ?? ""}`;
  return [{ key: `discovery ${name}`, level: "warning", weight: 35, text, advice, view: "topology" }];
}
