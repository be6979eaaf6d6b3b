import { type Exposition, readExposition } from "./exposition.ts";
import type { GatewayProcess } from "./gateway.ts";
import { until } from "./until.ts";

/** What the gateway's admin port tells at the moment. */
export async function metricsOf(gateway: GatewayProcess): Promise<Exposition> {
  const response = await fetch(`http://127.0.0.1:${gateway.adminPort}/metrics`);
  return readExposition(await response.text(), "prometheus");
}

/** Resolves with the metrics when that one has that value. */
export async function untilMetric(
  gateway: GatewayProcess,
  name: string,
  labels: Readonly<Record<string, string>>,
  value: number,
): Promise<Exposition> {
  let latest: number | undefined;
  const isThere = async () => {
    const metrics = await metricsOf(gateway);
    latest = metrics.value(name, labels);
    return latest === value && metrics;
  };
  return await until(isThere, { what: () => `${name} was ${value}, and not ${latest}` });
}
