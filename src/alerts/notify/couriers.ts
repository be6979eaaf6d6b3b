import type { AlertsConfig } from "../../config/schema-alerts.ts";
import type { Logger } from "../../observe/logger.ts";
import type { Alert } from "../alert.ts";
import type { ServicesOf } from "../inhibit.ts";
import { Courier, type CourierOptions, type NotificationResult } from "./courier.ts";

export interface CouriersOptions {
  readonly log: Logger;
  count(webhook: string, result: NotificationResult): void;
  /** There is such a receiver now. */
  announce(webhook: string): void;
}

type Settings = Pick<CourierOptions, "name" | "webhook" | "instance" | "timing">;

/** All receivers of a gateway. */
export class Couriers {
  readonly #options: CouriersOptions;
  #open: readonly { readonly settings: Settings; readonly courier: Courier }[] = [];

  constructor(options: CouriersOptions) {
    this.#options = options;
  }

  /** A receiver about which nothing has changed goes on with what it knows. */
  configure(config: AlertsConfig | undefined, hostname: string): void {
    const before = this.#open;
    this.#open = settingsOf(config, hostname).map((settings) => {
      const known = before.find((one) => Bun.deepEquals(one.settings, settings));
      return known ?? { settings, courier: new Courier({ ...this.#options, ...settings }) };
    });
    for (const { settings } of this.#open) this.#options.announce(settings.name);
    for (const one of before) if (!this.#open.includes(one)) one.courier.close();
  }

  tick(alerts: readonly Alert[], at: number, servicesOf: ServicesOf): void {
    for (const { courier } of this.#open) courier.tick(alerts, at, servicesOf);
  }

  close(): void {
    for (const { courier } of this.#open) courier.close();
    this.#open = [];
  }
}

function settingsOf(config: AlertsConfig | undefined, hostname: string): readonly Settings[] {
  if (config === undefined) return [];
  const timing = {
    groupWaitMs: config["group-wait"],
    groupIntervalMs: config["group-interval"],
    repeatMs: config.repeat,
  };
  const instance = config.instance === "" ? hostname : config.instance;
  return config.webhooks.map((webhook, index) => ({
    name: webhook.name ?? `webhook-${index + 1}`,
    webhook,
    instance,
    timing,
  }));
}
