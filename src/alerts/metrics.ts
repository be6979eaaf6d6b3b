import { CORE, familyOf } from "../observe/metrics/core.ts";
import type { Counter } from "../observe/metrics/counter.ts";
import type { MetricsRegistry } from "../observe/metrics/registry.ts";
import type { Alert } from "./alert.ts";
import type { NotificationResult } from "./notify/courier.ts";
import type { Rule } from "./rule.ts";

const RESULTS: readonly NotificationResult[] = ["sent", "failed", "refused", "given-up"];
const SEVERITIES = ["critical", "warning"] as const;

interface Watched {
  readonly rules: readonly Rule[];
  readonly alerts: readonly Alert[];
}

/** What is counted of alerts: of each rule there is a series from the start, so that 0 can be told from no rule. */
export class AlertMetrics {
  readonly #notifications: Counter<typeof CORE.alertNotifications.labels>;
  readonly #stopCollecting: () => void;

  constructor(metrics: MetricsRegistry, watched: () => Watched) {
    this.#notifications = metrics.counter(CORE.alertNotifications);
    this.#stopCollecting = metrics.addCollector(() => {
      const { rules, alerts } = watched();
      const firing = alerts.filter(({ state }) => state === "firing");
      const series = rules.flatMap(({ name }) =>
        SEVERITIES.map((severity) => ({
          labels: [name, severity],
          value: firing.filter((alert) => alert.rule.name === name && alert.severity === severity).length,
        })),
      );
      return [familyOf(CORE.alertsFiring, series)];
    });
  }

  /** A series for each result is there before there is one, so that the first is seen. */
  announce(webhook: string): void {
    for (const result of RESULTS) this.#notifications.with(webhook, result);
  }

  count(webhook: string, result: NotificationResult): void {
    this.#notifications.with(webhook, result).inc();
  }

  close(): void {
    this.#stopCollecting();
  }
}
