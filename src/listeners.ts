import { createAdmin } from "./admin/app.ts";
import type { CanaryOrders } from "./admin/canary-orders.ts";
import type { Drains } from "./admin/drains.ts";
import { type AdminServer, startAdmin } from "./admin/listen.ts";
import type { ListenerView, Readiness } from "./admin/view.ts";
import { Alerts, type AlertsOptions } from "./alerts/alerts.ts";
import type { ListenConfig } from "./config/schema.ts";
import type { ListenOptions } from "./edge/edge.ts";
import { edgeFamilies } from "./edge/metrics.ts";
import { type AtWork, placed } from "./explain/places.ts";
import type { Gateway } from "./gateway.ts";
import { type Following, followCounts } from "./history/follow.ts";
import type { LogTail } from "./observe/tail/log-tail.ts";
import { OpenEdges, opened } from "./open-edges.ts";
import type { ReloadControl } from "./reload/report.ts";
import type { Lasting } from "./scope.ts";
import { MAX_TIMER_MS } from "./timeouts.ts";
import { createView } from "./view.ts";

const READY: Readiness = { isReady: true, reasons: [] };

/** What the admin port of a gateway in one process needs besides. */
export interface AdminParts {
  readonly pid: number;
  readonly reloads: ReloadControl & { readonly atWork: AtWork };
  readonly drains: Drains;
  readonly orders: CanaryOrders;
  /** What gateways share of what the admin port decides; left out where they share nothing. */
  readonly common: AlertsOptions["store"];
  /** Of the log of this process. */
  readonly tail: LogTail;
}

/** Every port of the gateway: those for clients, and the admin port. */
export class Listeners {
  readonly #gateway: Gateway;
  readonly #lasting: Lasting;
  readonly #edges: OpenEdges;
  #admin: AdminServer | undefined = undefined;
  #following: Following | undefined = undefined;
  #alerts: Alerts | undefined = undefined;
  #tail: LogTail | undefined = undefined;
  #stopCollecting: () => void = () => {};
  #isClosing = false;
  #readiness: Readiness = { isReady: false, reasons: ["the gateway does not listen yet"] };

  constructor(gateway: Gateway, lasting: Lasting, options: ListenOptions = {}) {
    this.#gateway = gateway;
    this.#lasting = lasting;
    this.#edges = new OpenEdges(gateway, { ...options, log: lasting.log });
  }

  /** Opens the ports for clients, and logs each. Throws an Error with a text for people if one cannot be had. */
  open(): void {
    this.#edges.prepare(this.#gateway.snapshot.config.listen)();
    this.#stopCollecting = this.#lasting.metrics.addCollector(() => edgeFamilies(this.#edges.edges));
  }

  /** Makes other ports for clients ready, as a reload wants them; they change when what it answers is called. Throws as `open` does. */
  prepare(listen: readonly ListenConfig[]): () => void {
    if (this.#isClosing) throw new Error("the gateway is stopping");
    return this.#edges.prepare(listen);
  }

  /** Opens the admin port of a gateway in one process, and logs it. Throws as `open` does. */
  openAdmin({ pid, common, ...parts }: AdminParts): void {
    const gateway = this.#gateway;
    const { log, metrics, store, now } = this.#lasting;
    const { admin, metrics: section } = gateway.snapshot.config;
    const { host, port, token, tls } = admin;
    const since = new Date().toISOString();
    const view = {
      ...createView(
        () => gateway.snapshot,
        () => ({ ...this.#readiness, store: store.report().state }),
        metrics,
        () => store.report(),
        gateway.incidents,
      ),
      listeners: () => this.views(),
      explanation: (id: string) => {
        const report = gateway.snapshot.live?.find(id);
        return report && placed(report, parts.reloads.atWork);
      },
      workers: () => [{ pid, state: this.#readiness.isReady ? "running" : "stopping", since, restarts: 0 } as const],
    };
    const counts = () => new Map([["", view.counts()]]);
    this.#following = followCounts({ counts, now, log });
    const { history, sampler } = this.#following;
    const alerts = new Alerts({
      view,
      config: () => gateway.snapshot.config,
      reloads: parts.reloads,
      log,
      metrics,
      store: common,
      now,
    });
    void alerts.start();
    sampler.listen((sample) => alerts.onSample(sample));
    this.#alerts = alerts;
    const plugins = () => gateway.snapshot.pluginApps;
    const app = createAdmin(
      { ...view, counts },
      {
        token,
        host,
        metricsPath: section.path,
        certificates: tls?.["client-certificates"]?.mode,
        plugins,
        history,
        alerts,
        log,
        ...parts,
      },
    );
    this.#admin = opened({ host, port }, () => startAdmin(app, { host, port, tls }, log));
    this.#following.start();
    log.info("admin listening", { scheme: this.#admin.scheme, host, port: this.#admin.port });
    this.#tail = parts.tail;
    this.#readiness = READY;
  }

  /** Each port for clients, in the order of the configuration. */
  views(): readonly ListenerView[] {
    return this.#edges.views();
  }

  /**
   * Is not ready from now on, and still serves for `delayMs`, so that a load balancer can see it first. Then stops
   * listening, waits until `mayLetGo` resolves, lets requests in flight finish for `drainMs`, and cuts them. The admin
   * port closes last.
   */
  async close(drainMs: number, delayMs = 0, mayLetGo?: () => Promise<void>): Promise<void> {
    this.#isClosing = true;
    this.#readiness = { isReady: false, reasons: ["the gateway is stopping"] };
    if (delayMs > 0) await Bun.sleep(Math.min(delayMs, MAX_TIMER_MS));
    this.#edges.shut();
    await mayLetGo?.();
    await this.#edges.stop(drainMs);
    this.#following?.stop();
    await this.#alerts?.close();
    this.#tail?.close();
    await this.#admin?.stop();
    this.#stopCollecting();
  }
}
