import type { Facts, Finding } from "./facts.ts";
import { share, some, span } from "./format.ts";

/** What is wrong with the gateway itself: not ready, workers, the store, reloads, alerts, canaries. */
export function findInSystem(facts: Facts): readonly Finding[] {
  return [
    ...notReady(facts),
    ...workers(facts),
    ...store(facts),
    ...reloads(facts),
    ...alerts(facts),
    ...canaries(facts),
  ];
}

function notReady({ readiness }: Facts): readonly Finding[] {
  if (readiness === undefined || readiness.status === "ready") return [];
  const why = (readiness.reasons ?? []).join("; ");
  const advice = "Load balancers should send no requests here meanwhile.";
  const text = `The gateway is not ready${why === "" ? "" : `: ${why}`}`;
  return [{ key: "not ready", level: "critical", weight: 100, text, advice, view: "system" }];
}

function workers({ workers: all, now }: Facts): readonly Finding[] {
  return all.flatMap(({ worker, state, isSilent, behind, since, restarts }): readonly Finding[] => {
    const key = `worker ${worker ?? ""}`;
    if (isSilent === true) {
      const advice = "It is busy or hangs; sums are without it. End its process, and another one is started.";
      return [{ key, level: "critical", weight: 80, text: `Worker ${worker} does not answer`, advice, view: "system" }];
    }
    if (state === "waiting" || state === "starting") {
      const text = `Worker ${worker} has ended and is started again`;
      const advice = `Since ${span(now - Date.parse(since))}, started again ${some(restarts, "time")}: the log says why it ended.`;
      return [{ key, level: "critical", weight: 80, text, advice, view: "system" }];
    }
    if (behind === undefined) return [];
    const text = `Worker ${worker} goes on with an earlier configuration`;
    return [{ key, level: "warning", weight: 42, text, advice: `${behind}.`, view: "system" }];
  });
}

function store({ store: report, now }: Facts): readonly Finding[] {
  if (report === undefined || report.state === "up") return [];
  const why = report.lastError === undefined ? "" : ` ${report.lastError.message}.`;
  const text = `Redis does not answer, since ${span(now - Date.parse(report.since))}`;
  const advice = `Limits are counted by each gateway alone, or refuse, as store-failure says.${why}`;
  return [{ key: "store", level: "critical", weight: 82, text, advice, view: "system" }];
}

function reloads({ configuration }: Facts): readonly Finding[] {
  if (configuration === undefined) return [];
  const { lastReload, needsRestart } = configuration;
  const found: Finding[] = [];
  if (lastReload !== undefined && lastReload.result !== "applied") {
    const [problem] = lastReload.problems;
    const where = problem === undefined ? "" : ` ${problem.file}:${problem.line}: ${problem.message}.`;
    const text =
      lastReload.result === "failed"
        ? "The last reload has failed: the configuration before it stays"
        : "The last reload was taken over by some workers only";
    found.push({ key: "reload", level: "warning", weight: 44, text, advice: `See System.${where}`, view: "system" });
  }
  if (needsRestart.length > 0) {
    const text = `A restart is needed for ${needsRestart.join(", ")}`;
    const advice = "These sections are read at a start alone.";
    found.push({ key: "restart", level: "note", weight: 10, text, advice, view: "system" });
  }
  return found;
}

function alerts({ alerts: report }: Facts): readonly Finding[] {
  const firing = (report?.alerts ?? []).filter(({ state, silencedBy, inhibitedBy }) => {
    return state === "firing" && silencedBy === undefined && inhibitedBy === undefined;
  });
  return firing.map(({ id, rule, severity, summary }) => {
    const isCritical = severity === "critical" || severity === "page";
    return {
      key: `alert ${id}`,
      level: isCritical ? "critical" : "warning",
      weight: isCritical ? 70 : 48,
      text: `Alert ${rule}: ${summary}`,
      advice: "It can be silenced under Alerts.",
      view: "alerts",
    };
  });
}

function canaries(facts: Facts): readonly Finding[] {
  return facts.canaries.flatMap(({ route, service, state, share: part, reason }): readonly Finding[] => {
    const about = { key: `canary ${route}`, view: "topology" } as const;
    if (state === "stopped") {
      const advice = `${reason ?? "It was worse than what it was compared with"}.`;
      return [{ ...about, level: "warning", weight: 38, text: `${route}: the canary ${service} was stopped`, advice }];
    }
    if (state !== "paused" && state !== "promoted") return [];
    const text = `${route}: the canary ${service} was ${state} by hand, at ${share(part)}`;
    const advice = state === "paused" ? "It stays there until it is resumed." : "Make it the route's service.";
    return [{ ...about, level: "note", weight: 11, text, advice }];
  });
}
