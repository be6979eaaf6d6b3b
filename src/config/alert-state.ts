import { absolutePath } from "./file-path.ts";
import type { Node } from "./node.ts";
import type { AlertsConfig } from "./schema-alerts.ts";

/**
 * The file of what anomalies have learned as an absolute path: the folder that a relative one starts in is not known any
 * more later.
 */
export function withStatePath(alerts: AlertsConfig | undefined, root: Node): { readonly alerts?: AlertsConfig } {
  if (alerts?.anomalies?.state === undefined) return {};
  const state = absolutePath(root.source.directory, alerts.anomalies.state);
  return { alerts: { ...alerts, anomalies: { ...alerts.anomalies, state } } };
}
