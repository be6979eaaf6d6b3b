import type { Config } from "../config/schema.ts";
import { GatewayError } from "../errors.ts";
import type { Logger } from "../observe/logger.ts";
import type { Awaitable } from "../plugin.ts";
import { type Drain, drainsIn } from "../upstream/drain.ts";
import { Turns } from "./turns.ts";

export interface DrainsOptions {
  readonly log: Logger;
  /** Has every process that serves go by this list; resolves when they do. */
  apply(drains: readonly Drain[]): Awaitable<void>;
}

/** More than any operator drains. */
const MOST = 1_000;

/** The targets that are drained, in the process that has the admin port: one list, which all that serve go by. */
export class Drains {
  readonly #options: DrainsOptions;
  #list: readonly Drain[] = [];
  readonly #turns = new Turns();

  constructor(options: DrainsOptions) {
    this.#options = options;
  }

  get list(): readonly Drain[] {
    return this.#list;
  }

  /** Runs after those before it: what one decides, the next one sees. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    return this.#turns.run(work);
  }

  /** Throws `overloaded` where there are too many. */
  async drain(service: string, target: string): Promise<void> {
    if (this.#has(service, target)) return;
    if (this.#list.length >= MOST)
      throw new GatewayError("overloaded", { detail: `${MOST} targets are drained already` });
    this.#list = [...this.#list, { service, target, since: Date.now() }];
    this.#options.log.info("a target is drained: it gets no new requests", { service, target });
    await this.#options.apply(this.#list);
  }

  async restore(service: string, target: string): Promise<void> {
    if (!this.#has(service, target)) return;
    this.#list = this.#list.filter((drain) => drain.service !== service || drain.target !== target);
    this.#options.log.info("a drained target gets requests again", { service, target });
    await this.#options.apply(this.#list);
  }

  /**
   * Another configuration is at work: targets that it does not have are forgotten. Each process has done so by itself; one that starts
   * later is not to get them again.
   */
  async keepTo(config: Config): Promise<void> {
    const left = drainsIn(config, this.#list);
    if (left.length === this.#list.length) return;
    this.#list = left;
    await this.#options.apply(left);
  }

  #has(service: string, target: string): boolean {
    return this.#list.some((drain) => drain.service === service && drain.target === target);
  }
}
