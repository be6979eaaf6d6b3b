import type { CompileInput } from "./compile.ts";
import type { Gateway } from "./gateway.ts";
import type { Listeners } from "./listeners.ts";
import type { RootLogger } from "./observe/log.ts";

/** What one process serves with. */
export interface Running {
  readonly gateway: Gateway;
  readonly listeners: Listeners;
  readonly log: RootLogger;
}

/**
 * Goes by another configuration: requests, ports and the log together. Throws as `Gateway.reload` and `Listeners.prepare`
 * do; then nothing has changed.
 */
export function takeOver({ gateway, listeners, log }: Running, next: CompileInput): Promise<void> {
  const { config } = next;
  return gateway.reload(next, () => {
    const changePorts = listeners.prepare(config.listen);
    return () => {
      log.configure(config.log);
      changePorts();
    };
  });
}
