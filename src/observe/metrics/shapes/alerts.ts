import { counter, gauge } from "./shape.ts";

/** Alerts, and the messages about them. */
export const ALERTS = {
  alertsFiring: gauge(
    "sluice_alerts_firing",
    ["rule", "severity"],
    "Alerts that fire, silenced ones too; only with `alerts`.",
    "max",
  ),
  alertNotifications: counter(
    "sluice_alerts_notifications_total",
    ["webhook", "result"],
    "Attempts to send a message to a webhook: sent, failed (tried again), refused or given-up.",
  ),
};
