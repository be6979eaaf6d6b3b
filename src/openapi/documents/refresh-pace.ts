import { MAX_TIMER_MS } from "../../timeouts.ts";

/** After a failure services are asked again sooner than `refresh` says, and ever less often. */
const RETRY_MS = 1_000;

/** How long until services are asked again. */
export class RefreshPace {
  readonly #refreshMs: number;
  #failures = 0;

  constructor(refreshMs: number) {
    this.#refreshMs = refreshMs;
  }

  /** In ms, 10 % more or less: gateways that were started together do not ask together for ever. */
  next(isFailing: boolean): number {
    this.#failures = isFailing ? this.#failures + 1 : 0;
    const ms = isFailing
      ? Math.min(this.#refreshMs, RETRY_MS * 2 ** Math.min(this.#failures - 1, 16))
      : this.#refreshMs;
    return Math.min(ms * (0.9 + Math.random() * 0.2), MAX_TIMER_MS);
  }
}
