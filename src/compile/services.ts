import type { Config, ServiceConfig } from "../config/schema.ts";
import type { Context } from "../context.ts";
import { awaitable, type PendingReply } from "../message/pending.ts";
import type { TargetWatch } from "../observe/circuit.ts";
import type { Destination } from "../pipeline.ts";
import type { Handler, Phases } from "../plugin.ts";
import type { Lasting } from "../scope.ts";
import { type Bulkhead, bulkheadOf } from "../upstream/max-requests.ts";
import { prepareChange } from "../upstream/reconfigure.ts";
import { createService, type Service, selectTarget } from "../upstream/service.ts";

type Send = (ctx: Context) => PendingReply;
type Limiter = NonNullable<Phases["limiter"]>;

/** The services of one configuration, and what bounds and watches requests to each. */
export class CompiledServices {
  readonly all = new Map<string, Service>();
  /** What plugins would avoid of the targets of each. */
  readonly watches = new Map<string, Set<TargetWatch>>();
  readonly limiters = new Map<string, Limiter[]>();
  /** Makes an attempt at the target that is chosen. */
  readonly send: Send;
  readonly #lasting: Lasting;
  readonly #bulkheads = new Map<string, Bulkhead>();
  readonly #changes: (() => void)[] = [];

  constructor(lasting: Lasting, send: Send) {
    this.#lasting = lasting;
    this.send = send;
  }

  /** Makes them; those that are known already are changed only by `takeEffect`. */
  add(config: Config, known: ReadonlyMap<string, Service>): void {
    for (const [name, service] of Object.entries(config.services)) {
      this.all.set(name, this.#service(known.get(name), name, service));
      this.#addBulkhead(name, service);
    }
  }

  takeEffect(): void {
    for (const change of this.#changes.splice(0)) change();
  }

  bulkheadOf(service: string): Bulkhead | undefined {
    return this.#bulkheads.get(service);
  }

  addLimiter(service: string, limiter: Limiter): void {
    const known = this.limiters.get(service);
    if (known === undefined) this.limiters.set(service, [limiter]);
    else known.push(limiter);
  }

  /** Chooses targets, without those that plugins would avoid while there are others. */
  selector(service: Service, phases: readonly Phases[]): Destination["select"] {
    const watches = phases.flatMap(({ watch }) => watch ?? []);
    const [first, ...others] = watches;
    if (first === undefined) return (ctx) => selectTarget(service, ctx);
    const known = this.watches.get(service.name) ?? new Set();
    this.watches.set(service.name, known);
    for (const watch of watches) known.add(watch);
    if (others.length === 0) return (ctx) => selectTarget(service, ctx, first.avoided());
    return (ctx) => selectTarget(service, ctx, new Set(watches.flatMap((watch) => [...watch.avoided()])));
  }

  /** Sends straight to the service, past the plugins of a route. Throws an Error if there is no such service. */
  sender(name: string): Handler {
    const service = this.all.get(name);
    if (service === undefined) throw new Error(`there is no service ${JSON.stringify(name)}`);
    const bulkhead = this.#bulkheads.get(name);
    const { send } = this;
    return (ctx) => {
      // Of a copy nobody here knows when it ends: who sends copies bounds them.
      if (!ctx.isDetached) bulkhead?.enter(ctx);
      selectTarget(service, ctx);
      return awaitable(send(ctx));
    };
  }

  /** The one that there is already, or a new one. */
  #service(known: Service | undefined, name: string, config: ServiceConfig): Service {
    if (known === undefined) return createService(name, config, this.#lasting);
    this.#changes.push(prepareChange(known, config, this.#lasting.log));
    return known;
  }

  #addBulkhead(name: string, config: ServiceConfig): void {
    const bulkhead = bulkheadOf(name, config, this.#lasting);
    if (bulkhead === undefined) return;
    this.#bulkheads.set(name, bulkhead);
    this.addLimiter(name, bulkhead.report);
  }
}
