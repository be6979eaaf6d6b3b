import { hostname } from "node:os";
import type { AlertControl, AlertRuleView, AlertView, SilenceRequest, SilenceView } from "../admin/alerts.ts";
import type { AdminView } from "../admin/view.ts";
import type { Config } from "../config/schema.ts";
import { GatewayError } from "../errors.ts";
import type { Sample } from "../history/sample.ts";
import type { Logger } from "../observe/logger.ts";
import type { MetricsRegistry } from "../observe/metrics/registry.ts";
import type { ReloadControl } from "../reload/report.ts";
import type { Store } from "../store/store.ts";
import type { Alert } from "./alert.ts";
import { AlertBook, MOST_ALERTS } from "./book.ts";
import { certificateReader } from "./certificates.ts";
import { inhibit, type ServicesOf, servicesOfAlert } from "./inhibit.ts";
import { AlertMetrics } from "./metrics.ts";
import { Couriers } from "./notify/couriers.ts";
import { type ReadingSource, takeReading } from "./reading.ts";
import { Silences } from "./silences.ts";
import { unknownName } from "./unknown-name.ts";
import { Watches } from "./watches.ts";

export interface AlertsOptions {
  readonly view: Pick<AdminView, "routes" | "services" | "store" | "metrics" | "workers">;
  /** The configuration at work, which a reload replaces. */
  config(): Config;
  /** Left out where nothing can be reloaded. */
  readonly reloads?: Pick<ReloadControl, "report"> | undefined;
  readonly log: Logger;
  readonly metrics: MetricsRegistry;
  /** What gateways share; left out where they share nothing. */
  readonly store?: Store | undefined;
  /** Ms since 1970. */
  now(): number;
}

/** Between two looks at the state of services, targets, workers and the store. */
const READING_MS = 5_000;

/** Watches the gateway by the rules of its configuration, and has receivers told. */
export class Alerts implements AlertControl {
  readonly #options: AlertsOptions;
  readonly #watches: Watches;
  readonly #book: AlertBook;
  readonly #silences: Silences;
  readonly #ending = new AbortController();
  readonly #couriers: Couriers;
  readonly #metrics: AlertMetrics;
  readonly #source: ReadingSource;
  #config: Config | undefined = undefined;
  #servicesOf: ServicesOf = new Map();
  #readAt = Number.NEGATIVE_INFINITY;
  #isReading = false;
  #isClosed = false;

  constructor(options: AlertsOptions) {
    const { log, metrics, view, config, reloads, now } = options;
    this.#options = options;
    this.#watches = new Watches(log);
    this.#silences = new Silences(options);
    this.#book = new AlertBook({
      onFire: (alert) => log.warn("an alert fires", logFields(alert)),
      onResolve: (alert) => log.info("an alert is over", logFields(alert)),
      onFull: () => log.error("there are too many alerts: further ones are not kept", { alerts: MOST_ALERTS }),
    });
    this.#metrics = new AlertMetrics(metrics, () => ({ rules: this.#watches.rules, alerts: this.#book.alerts }));
    this.#couriers = new Couriers({
      log,
      count: (webhook, result) => this.#metrics.count(webhook, result),
      announce: (webhook) => this.#metrics.announce(webhook),
    });
    const reloadFailure = () => failureOf(reloads);
    this.#source = { view, config, reloadFailure, certificates: certificateReader(now) };
  }

  /** Counts what has happened, and looks at everything. For the sampler. */
  onSample(sample: Sample): void {
    if (this.#isClosed) return;
    this.#configure(sample.at);
    this.#watches.onSample(sample);
    this.#watches.keep(sample.at);
    if (this.#watches.rules.length > 0) this.#look(sample.at);
  }

  report(): ReturnType<AlertControl["report"]> {
    const { alerts } = this.#book;
    const rules = this.#watches.rules.map(({ name, kind }): AlertRuleView => {
      const own = alerts.filter(({ rule }) => rule.name === name);
      const firing = own.filter(({ state }) => state === "firing").length;
      return { name, kind, firing, pending: own.length - firing, ...this.#watches.progressOf(name) };
    });
    return { alerts: alerts.map(viewOf), rules, silences: this.#silences.views(this.#options.now()) };
  }

  silence(request: SilenceRequest): SilenceView | undefined {
    const unknown = unknownName(request, this.#options.config(), this.#watches.rules);
    if (unknown !== undefined) throw new GatewayError("bad_request", { detail: unknown });
    const silence = this.#silences.add(request, this.#options.now());
    if (silence !== undefined) this.#options.log.info("alerts are silenced", { ...silence });
    return silence;
  }

  endSilence(id: string): boolean {
    const isEnded = this.#silences.end(id);
    if (isEnded) this.#options.log.info("a silence of alerts was ended", { id });
    return isEnded;
  }

  /** Silences that other gateways know count here, too. Resolves when it is known which; never rejects. */
  start(): Promise<void> {
    return this.#silences.start(this.#ending.signal);
  }

  /** Nothing is sent any more. Resolves when what was learned has been written. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#ending.abort();
    this.#couriers.close();
    this.#metrics.close();
    await this.#watches.close(this.#options.now());
  }

  /** Rules and receivers that stay as they are keep all that they know. */
  #configure(at: number): void {
    const config = this.#options.config();
    if (config === this.#config) return;
    this.#config = config;
    for (const name of this.#watches.configure(config.alerts, at)) this.#book.drop(name, at);
    this.#couriers.configure(config.alerts, hostname());
    this.#readAt = Number.NEGATIVE_INFINITY;
  }

  #look(at: number): void {
    if (at - this.#readAt >= READING_MS && !this.#isReading) {
      this.#readAt = at;
      this.#isReading = true;
      void this.#read().finally(() => {
        this.#isReading = false;
      });
    }
    for (const { rule, findings } of this.#watches.findings(at)) this.#book.update(rule, findings, at);
    const { alerts } = this.#book;
    inhibit(alerts, this.#servicesOf);
    for (const alert of alerts) {
      alert.silencedBy = this.#silences.match(alert, servicesOfAlert(alert, this.#servicesOf), at);
    }
    this.#couriers.tick(alerts, at, this.#servicesOf);
  }

  async #read(): Promise<void> {
    try {
      const routes = await this.#options.view.routes();
      this.#servicesOf = new Map(routes.map(({ name, services }) => [name, services.map((service) => service.name)]));
      const reading = await takeReading(this.#source, this.#watches.rules);
      this.#watches.onReading(reading, this.#options.now());
    } catch (error) {
      this.#options.log.error("alerts could not see how the gateway is", { error });
    }
  }
}

function failureOf(reloads: AlertsOptions["reloads"]): string | undefined {
  const last = reloads?.report().lastReload;
  return last?.result === "failed" ? (last.problems[0]?.message ?? "it is not valid") : undefined;
}

function viewOf(alert: Alert): AlertView {
  const { id, rule, severity, state, subject, since, value, threshold, summary, inhibitedBy, silencedBy } = alert;
  return {
    id,
    rule: rule.name,
    kind: rule.kind,
    severity,
    state: state === "firing" ? "firing" : "pending",
    ...subject,
    since: new Date(since).toISOString(),
    value,
    threshold,
    summary,
    ...(inhibitedBy === undefined ? {} : { inhibitedBy }),
    ...(silencedBy === undefined ? {} : { silencedBy }),
  };
}

function logFields({ id, rule, severity, subject, summary, value, threshold }: Alert) {
  return { alert: id, rule: rule.name, severity, ...subject, summary, value, threshold };
}
