import { basename } from "node:path";
import type { ServiceView, TargetView } from "../admin/view.ts";
import type { Finding } from "./finding.ts";
import type { Reading } from "./reading.ts";
import type { LevelRule } from "./rule.ts";

/** From this share of a service's targets on it is worth a warning: one of many is what a balancer is for. */
const MANY_TARGETS = 1 / 3;
/** A certificate that has less than this part of `within` left is critical. */
const LAST_PART = 1 / 5;

type Find = (rule: LevelRule, reading: Reading, at: number) => readonly Finding[];

const FINDERS: Readonly<Record<string, Find>> = {
  target: (rule, { services }) => services.flatMap((service) => ofTargets(rule, service)),
  breaker: (rule, { services }) => services.flatMap((service) => ofBreakers(rule, service)),
  store: (rule, { store }) => (store?.state === "down" ? [plain(rule, `the ${store.kind} store does not answer`)] : []),
  worker: ofWorkers,
  certificate: ofCertificates,
  reload: (rule, { reloadFailure }) => {
    return reloadFailure === undefined
      ? []
      : [plain(rule, `the latest configuration was not taken over: ${reloadFailure}`)];
  },
};

/** What is not as it should be. */
export function stateFindings(rule: LevelRule, reading: Reading, at: number): readonly Finding[] {
  return FINDERS[rule.of]?.(rule, reading, at) ?? [];
}

/** Of those that are not drained: what an operator has taken out does no work, and lacks nobody. */
function ofTargets({ severity }: LevelRule, { name, targets: all }: ServiceView): readonly Finding[] {
  const targets = all.filter(({ state }) => state.isDrained !== true);
  if (targets.length === 0 && all.length > 0) return [];
  const down = targets.filter(isDown).length;
  const share = targets.length === 0 ? 1 : down / targets.length;
  if (share < MANY_TARGETS) return [];
  const summary =
    targets.length === 0 ? `${name} has no targets` : `${name}: ${down} of ${targets.length} targets cannot be used`;
  const subject = { service: name };
  return [{ subject, severity: share === 1 ? "critical" : severity, value: share, threshold: MANY_TARGETS, summary }];
}

function isDown({ health, state }: TargetView): boolean {
  return health === "down" || !state.isHealthy;
}

function ofBreakers(rule: LevelRule, { name, circuits = [] }: ServiceView): readonly Finding[] {
  const open = circuits.filter(({ state }) => state === "open");
  if (open.length === 0) return [];
  const which = open.length === 1 ? "a circuit breaker is" : `${open.length} circuit breakers are`;
  return [{ ...plain(rule, `${name}: ${which} open`), subject: { service: name }, value: open.length }];
}

function ofWorkers(rule: LevelRule, { workers }: Reading): readonly Finding[] {
  return workers.flatMap(({ worker, state, isSilent, behind }) => {
    if (worker === undefined) return [];
    const what =
      state === "waiting" || state === "starting"
        ? "does not serve"
        : isSilent === true
          ? "does not answer"
          : behind === undefined
            ? undefined
            : "goes on with an earlier configuration";
    if (what === undefined) return [];
    return [{ ...plain(rule, `worker ${worker} ${what}`), subject: { part: `worker ${worker}` } }];
  });
}

function ofCertificates({ withinMs, severity }: LevelRule, { certificates }: Reading, at: number): readonly Finding[] {
  return certificates.flatMap(({ file, notAfter }) => {
    const leftMs = notAfter - at;
    if (leftMs > withinMs) return [];
    const ends = new Date(notAfter).toISOString();
    const name = basename(file);
    return [
      {
        subject: { part: name },
        severity: leftMs < withinMs * LAST_PART ? "critical" : severity,
        value: Math.floor(leftMs / 1_000),
        threshold: withinMs / 1_000,
        summary:
          leftMs <= 0 ? `the certificate ${name} has expired on ${ends}` : `the certificate ${name} ends on ${ends}`,
      },
    ];
  });
}

function plain({ severity }: LevelRule, summary: string): Finding {
  return { subject: {}, severity, value: 1, threshold: 1, summary };
}
