import type { AdminView, ServiceView, WorkerView } from "../admin/view.ts";
import type { Config } from "../config/schema.ts";
import { CORE } from "../observe/metrics/core.ts";
import type { Family } from "../observe/metrics/family.ts";
import type { StoreReport } from "../store/report.ts";
import type { CertificateEnd } from "./certificates.ts";
import type { Rule } from "./rule.ts";

/** How the gateway is at one moment. What no rule asks for is undefined. */
export interface Reading {
  readonly config: Config;
  readonly services: readonly ServiceView[];
  readonly workers: readonly WorkerView[];
  readonly store: StoreReport | undefined;
  /** Of the process that is latest with everything, in seconds; undefined where it is not measured. */
  readonly loopLag: number | undefined;
  /** Of all processes together, in bytes. */
  readonly memory: number | undefined;
  readonly certificates: readonly CertificateEnd[];
  /** Why the latest reload has failed; undefined if it has not. */
  readonly reloadFailure: string | undefined;
}

export interface ReadingSource {
  readonly view: Pick<AdminView, "services" | "store" | "metrics" | "workers">;
  /** The configuration at work. */
  config(): Config;
  certificates(config: Config): Promise<readonly CertificateEnd[]>;
  reloadFailure(): string | undefined;
}

/** Looks at what the rules need. It waits for as long as the workers may take to answer. */
export async function takeReading(source: ReadingSource, rules: readonly Rule[]): Promise<Reading> {
  const { view } = source;
  const asked = new Set(
    rules.flatMap((rule) => (rule.kind === "saturation" || rule.kind === "state" ? [rule.of] : [])),
  );
  const wants = (...names: readonly string[]) => names.some((name) => asked.has(name));
  const config = source.config();
  const [services, store, families, certificates] = await Promise.all([
    wants("pool", "pending", "max-requests", "target", "breaker") ? view.services() : [],
    wants("store") ? view.store() : undefined,
    wants("loop-lag", "memory") ? view.metrics() : [],
    wants("certificate") ? source.certificates(config) : [],
  ]);
  return {
    config,
    services,
    store,
    workers: view.workers(),
    loopLag: valuesOf(families, CORE.worstLag.name)?.reduce((most, value) => Math.max(most, value), 0),
    memory: valuesOf(families, CORE.residentMemory.name)?.reduce((sum, value) => sum + value, 0),
    certificates,
    reloadFailure: source.reloadFailure(),
  };
}

/** Of each series; undefined where there is none. */
function valuesOf(families: readonly Family[], name: string): readonly number[] | undefined {
  const found = families.find((family) => family.name === name);
  if (found === undefined || found.type === "histogram" || found.series.length === 0) return undefined;
  return found.series.map(({ value }) => value);
}
