import { createAdmin } from "./admin/app.ts";
import { type AdminServer, startAdmin } from "./admin/listen.ts";
import type { Readiness } from "./admin/view.ts";
import type { Edge } from "./edge/edge.ts";
import { edgeFamilies } from "./edge/metrics.ts";
import { listenWire } from "./edge/wire.ts";
import { systemCode } from "./errors.ts";
import type { Gateway } from "./gateway.ts";
import type { Logger } from "./observe/logger.ts";
import type { MetricsRegistry } from "./observe/metrics/registry.ts";
import { MAX_TIMER_MS } from "./timeouts.ts";
import { createView } from "./view.ts";

const READY: Readiness = { isReady: true, reasons: [] };

/** Every port of the gateway: those for clients, and the admin port. */
export class Listeners {
  readonly #edges: Edge[] = [];
  #admin: AdminServer | undefined = undefined;
  #stopCollecting: () => void = () => {};
  #readiness: Readiness = { isReady: false, reasons: ["the gateway does not listen yet"] };

  /** Opens all ports, and logs each. Throws an Error with a text for people if one cannot be had. */
  open(gateway: Gateway, log: Logger, metrics: MetricsRegistry): void {
    const { config } = gateway.snapshot;
    for (const listen of config.listen) {
      const edge = attempt(listen, () => listenWire(listen, gateway));
      this.#edges.push(edge);
      const scheme = listen.tls === undefined ? "http" : "https";
      log.info("listening", { scheme, host: edge.host, port: edge.port });
    }
    this.#stopCollecting = metrics.addCollector(() => edgeFamilies(this.#edges));
    const { host, port, token } = config.admin;
    const view = createView(
      () => gateway.snapshot,
      () => this.#readiness,
      () => metrics.collect(),
    );
    const app = createAdmin(view, { token, host, plugins: () => gateway.snapshot.pluginApps, log });
    this.#admin = attempt(config.admin, () => startAdmin(app, { host, port }));
    log.info("admin listening", { host, port: this.#admin.port });
    this.#readiness = READY;
  }

  /**
   * Is not ready from now on, and still serves for `delayMs`, so that a load balancer can see it first. Then stops
   * listening, lets requests in flight finish for `drainMs`, and cuts them. The admin port closes last.
   */
  async close(drainMs: number, delayMs = 0): Promise<void> {
    this.#readiness = { isReady: false, reasons: ["the gateway is stopping"] };
    if (delayMs > 0) await Bun.sleep(Math.min(delayMs, MAX_TIMER_MS));
    await Promise.all(this.#edges.map((edge) => edge.stop(drainMs)));
    await this.#admin?.stop();
    this.#stopCollecting();
  }
}

function attempt<T>({ host, port }: { host: string; port: number }, open: () => T): T {
  try {
    return open();
  } catch (cause) {
    throw new Error(`cannot listen on ${host}:${port}: ${reasonOf(cause)}`, { cause });
  }
}

function reasonOf(cause: unknown): string {
  const code = systemCode(cause);
  if (code === "EADDRINUSE") return "another process uses the port";
  if (code === "EACCES") return "not permitted; ports below 1024 need privileges";
  return cause instanceof Error ? cause.message : String(cause);
}
