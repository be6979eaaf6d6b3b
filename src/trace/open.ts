import type { TelemetryConfig } from "../config/schema-telemetry.ts";
import type { Lasting } from "../scope.ts";
import type { Tracing } from "./tracing.ts";

/** One that several snapshots may use: those of configurations that say the same of telemetry. */
interface Shared {
  readonly tracing: Tracing;
  users: number;
}

/**
 * Traces as the configuration wants them; undefined where it wants none, and then nothing of OpenTelemetry is loaded. What
 * is the same as before goes on with what waits to be sent.
 */
export async function openTracing(config: TelemetryConfig | undefined, lasting: Lasting): Promise<Tracing | undefined> {
  if (config === undefined || config.otlp === "") return undefined;
  const all = lasting.state("telemetry", () => new Map<string, Shared>());
  const key = JSON.stringify(config);
  const { startTracing } = await import("./start.ts");
  const shared = all.get(key) ?? { tracing: startTracing(config, lasting), users: 0 };
  all.set(key, shared);
  shared.users++;
  let isReleased = false;
  const release = async () => {
    if (isReleased) return;
    isReleased = true;
    if (--shared.users > 0) return;
    all.delete(key);
    await shared.tracing.release();
  };
  return { ...shared.tracing, release };
}
