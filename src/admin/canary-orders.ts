import type { Logger } from "../observe/logger.ts";
import type { Awaitable } from "../plugin.ts";
import type { OrderedRun } from "../traffic/canary-record.ts";
import { Turns } from "./turns.ts";

export interface CanaryOrdersOptions {
  readonly log: Logger;
  /** Has every process that serves go by them; resolves when they do. */
  apply(orders: readonly OrderedRun[]): Awaitable<void>;
}

/** Runs that are remembered; of more the one that was ordered longest ago is forgotten. */
const MOST = 200;

/**
 * What operators have decided about canaries, in the process that has the admin port: the latest of each run. Processes that start later
 * begin with it; gateways that share a store hear of it from there.
 */
export class CanaryOrders {
  readonly #options: CanaryOrdersOptions;
  readonly #turns = new Turns();
  #list: readonly OrderedRun[] = [];

  constructor(options: CanaryOrdersOptions) {
    this.#options = options;
  }

  /** Runs after those before it: what one decides, the next one sees. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    return this.#turns.run(work);
  }

  async give({ run, order }: OrderedRun, route: string, service: string): Promise<void> {
    this.#list = [...this.#list.filter((one) => one.run !== run), { run, order }].slice(-MOST);
    this.#options.log.info("a canary was ordered", { route, service, state: order.state });
    await this.#options.apply(this.#list);
  }
}
