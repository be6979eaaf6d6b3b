import { createAdmin } from "./admin/app.ts";
import type { Drains } from "./admin/drains.ts";
import { type AdminServer, startAdmin } from "./admin/listen.ts";
import type { ListenerView, Readiness } from "./admin/view.ts";
import type { Edge, ListenOptions } from "./edge/edge.ts";
import { listenEdge } from "./edge/listen.ts";
import { edgeFamilies } from "./edge/metrics.ts";
import { systemCode } from "./errors.ts";
import type { Gateway } from "./gateway.ts";
import { type Following, followCounts } from "./history/follow.ts";
import type { LogTail } from "./observe/tail/log-tail.ts";
import type { ReloadControl } from "./reload/report.ts";
import type { Lasting } from "./scope.ts";
import { MAX_TIMER_MS } from "./timeouts.ts";
import { createView } from "./view.ts";

const READY: Readiness = { isReady: true, reasons: [] };

/** What the admin port of a gateway in one process needs besides. */
export interface AdminParts {
  readonly pid: number;
  readonly reloads: ReloadControl;
  readonly drains: Drains;
  /** Of the log of this process. */
  readonly tail: LogTail;
}

interface OpenEdge {
  readonly scheme: string;
  readonly edge: Edge;
}

/** Every port of the gateway: those for clients, and the admin port. */
export class Listeners {
  readonly #open: OpenEdge[] = [];
  #admin: AdminServer | undefined = undefined;
  #following: Following | undefined = undefined;
  #tail: LogTail | undefined = undefined;
  #stopCollecting: () => void = () => {};
  #readiness: Readiness = { isReady: false, reasons: ["the gateway does not listen yet"] };

  /** Opens the ports for clients, and logs each. Throws an Error with a text for people if one cannot be had. */
  open(gateway: Gateway, { log, metrics }: Lasting, options: ListenOptions = {}): void {
    for (const listen of gateway.snapshot.config.listen) {
      const edge = opened(listen, () => listenEdge(listen, gateway, { ...options, log }));
      const scheme = listen.tls === undefined ? "http" : "https";
      this.#open.push({ scheme, edge });
      log.info("listening", { scheme, host: edge.host, port: edge.port });
    }
    this.#stopCollecting = metrics.addCollector(() => edgeFamilies(this.#open.map(({ edge }) => edge)));
  }

  /** Opens the admin port of a gateway in one process, and logs it. Throws as `open` does. */
  openAdmin(gateway: Gateway, { log, metrics, store, now }: Lasting, { pid, ...parts }: AdminParts): void {
    const { host, port, token } = gateway.snapshot.config.admin;
    const since = new Date().toISOString();
    const view = {
      ...createView(
        () => gateway.snapshot,
        () => ({ ...this.#readiness, store: store.report().state }),
        (only) => metrics.collect(only),
        () => store.report(),
        gateway.incidents,
      ),
      listeners: () => this.views(),
      workers: () => [{ pid, state: this.#readiness.isReady ? "running" : "stopping", since, restarts: 0 } as const],
    };
    const counts = () => new Map([["", view.counts()]]);
    this.#following = followCounts({ counts, now, log });
    const { history } = this.#following;
    const plugins = () => gateway.snapshot.pluginApps;
    const app = createAdmin({ ...view, counts }, { token, host, plugins, history, log, ...parts });
    this.#admin = opened({ host, port }, () => startAdmin(app, { host, port }));
    this.#following.start();
    log.info("admin listening", { host, port: this.#admin.port });
    this.#tail = parts.tail;
    this.#readiness = READY;
  }

  /** Each port for clients, in the order of the configuration. */
  views(): readonly ListenerView[] {
    return this.#open.map(({ scheme, edge: { host, port, connections, tunnels, requests } }) => {
      return { scheme, host, port, connections, tunnels, requests };
    });
  }

  /**
   * Is not ready from now on, and still serves for `delayMs`, so that a load balancer can see it first. Then stops
   * listening, lets requests in flight finish for `drainMs`, and cuts them. The admin port closes last.
   */
  async close(drainMs: number, delayMs = 0): Promise<void> {
    this.#readiness = { isReady: false, reasons: ["the gateway is stopping"] };
    if (delayMs > 0) await Bun.sleep(Math.min(delayMs, MAX_TIMER_MS));
    await Promise.all(this.#open.map(({ edge }) => edge.stop(drainMs)));
    this.#following?.stop();
    this.#tail?.close();
    await this.#admin?.stop();
    this.#stopCollecting();
  }
}

/** What `open` opens on that address; where it cannot, an Error is thrown with a text for people. */
export function opened<T>({ host, port }: { host: string; port: number }, open: () => T): T {
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
