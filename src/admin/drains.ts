import type { Config } from "../config/schema.ts";
import { GatewayError } from "../errors.ts";
import type { Logger } from "../observe/logger.ts";
import type { Awaitable } from "../plugin.ts";
import { Agreement } from "../store/agreement.ts";
import type { Store } from "../store/store.ts";
import { type Drain, drainsIn } from "../upstream/drain.ts";
import { Turns } from "./turns.ts";

export interface DrainsOptions {
  readonly log: Logger;
  /** Has every process that serves go by this list; resolves when they do. */
  apply(drains: readonly Drain[]): Awaitable<void>;
  /** What gateways share; left out where they share nothing. */
  readonly store?: Store | undefined;
  /** The one at work as it begins. */
  readonly config: Pick<Config, "services">;
}

/** More than any operator drains. */
const MOST = 1_000;
/** UTF-16 units of a service or URL that another gateway tells. */
const LONGEST_NAME = 2_000;

/**
 * The targets that are drained, in the process that has the admin port: one list, which all that serve go by. Gateways that share a
 * store have it together, and it outlives them.
 */
export class Drains {
  readonly #options: DrainsOptions;
  readonly #turns = new Turns();
  readonly #agreement: Agreement<Drain>;
  #config: Pick<Config, "services">;
  #list: readonly Drain[] = [];

  constructor(options: DrainsOptions) {
    this.#options = options;
    const { store, log, config } = options;
    this.#agreement = new Agreement({ store, name: "drains", log, now: Date.now, read: readDrain, most: MOST });
    this.#config = config;
  }

  /** Of targets that this gateway has. */
  get list(): readonly Drain[] {
    return this.#list;
  }

  /** Whether other gateways, and this one after a restart, know of them. */
  get isShared(): boolean {
    return this.#agreement.isShared;
  }

  /** Runs after those before it: what one decides, the next one sees. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    return this.#turns.run(work);
  }

  /** Goes by what is known in the store, and by what other gateways change until the signal aborts. */
  async start(signal: AbortSignal): Promise<void> {
    await this.#agreement.start(signal, () => void this.inTurn(() => this.#follow()));
    await this.inTurn(() => this.#follow());
  }

  /** Throws `overloaded` where there are too many. */
  async drain(service: string, target: string): Promise<void> {
    if (this.#has(service, target)) return;
    if (this.#agreement.values.size >= MOST)
      throw new GatewayError("overloaded", { detail: `${MOST} targets are drained already` });
    this.#options.log.info("a target is drained: it gets no new requests", { service, target });
    const drain = { service, target, since: Date.now() };
    const told = this.#agreement.set(idOf(drain), drain);
    await this.#use([...this.#list, drain]);
    await told;
  }

  async restore(service: string, target: string): Promise<void> {
    if (!this.#has(service, target)) return;
    this.#options.log.info("a drained target gets requests again", { service, target });
    const told = this.#agreement.set(idOf({ service, target }), undefined);
    await this.#use(this.#list.filter((drain) => drain.service !== service || drain.target !== target));
    await told;
  }

  /**
   * Another configuration is at work: targets that it does not have any more are forgotten. Each process has done so by itself; one
   * that starts later is not to get them again.
   */
  async keepTo(config: Pick<Config, "services">): Promise<void> {
    const left = new Set(drainsIn(config, this.#list).map(idOf));
    this.#config = config;
    const gone = this.#list.map(idOf).filter((id) => !left.has(id));
    const told = gone.map((id) => this.#agreement.set(id, undefined));
    await this.inTurn(() => this.#follow());
    await Promise.all(told);
  }

  /** Takes over what other gateways have changed, and what is for the targets of this configuration. */
  async #follow(): Promise<void> {
    const { log } = this.#options;
    const next = drainsIn(this.#config, [...this.#agreement.values.values()]);
    const [had, has] = [this.#list, next].map((list) => new Set(list.map(idOf)));
    if (had === undefined || has === undefined) return;
    const added = next.filter((drain) => !had.has(idOf(drain)));
    const gone = this.#list.filter((drain) => !has.has(idOf(drain)));
    if (added.length + gone.length === 0) return;
    for (const { service, target } of added)
      log.info("a target is drained, as the store says: it gets no new requests", { service, target });
    for (const { service, target } of gone) log.info("a drained target gets requests again", { service, target });
    await this.#use(next);
  }

  async #use(list: readonly Drain[]): Promise<void> {
    this.#list = list.toSorted((a, b) => a.since - b.since);
    await this.#options.apply(this.#list);
  }

  #has(service: string, target: string): boolean {
    return this.#list.some((drain) => drain.service === service && drain.target === target);
  }
}

function idOf({ service, target }: Pick<Drain, "service" | "target">): string {
  return JSON.stringify([service, target]);
}

function readDrain(value: unknown): Drain | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { service, target, since } = value as Partial<Record<keyof Drain, unknown>>;
  if (typeof service !== "string" || typeof target !== "string" || typeof since !== "number") return undefined;
  const isShort = service.length <= LONGEST_NAME && target.length <= LONGEST_NAME;
  // A time that no date can have would not be told.
  return isShort && Math.abs(since) <= 8.64e15 ? { service, target, since } : undefined;
}
