/** One step of pressure: reached at `rise`, left when it has been below `fall` for a while. */
export interface Step {
  readonly rise: number;
  readonly fall: number;
}

/**
 * How far a resource is used up, in steps. It rises at once, by as many steps as it takes, and falls one step at a time, each
 * after a while below: so a value that swings about a bound does not make requests be refused and served by turns.
 */
export class Pressure {
  /** Steps that are reached; 0 for none. */
  level = 0;
  readonly #steps: readonly Step[];
  readonly #holdMs: number;
  /** Since when the value is below what would leave the step; undefined while it is not. */
  #calmSince: number | undefined = undefined;

  /** @param steps the lowest first; `fall` is below `rise` */
  constructor(steps: readonly Step[], holdMs: number) {
    this.#steps = steps;
    this.#holdMs = holdMs;
  }

  /** Takes a new value at that time, in ms of any one clock; true if the level has changed. */
  sample(value: number, now: number): boolean {
    const reached = this.#steps.findLastIndex(({ rise }) => value >= rise) + 1;
    if (reached > this.level) {
      this.level = reached;
      this.#calmSince = undefined;
      return true;
    }
    const step = this.#steps[this.level - 1];
    if (step === undefined) return false;
    if (value >= step.fall) {
      this.#calmSince = undefined;
      return false;
    }
    this.#calmSince ??= now;
    if (now - this.#calmSince < this.#holdMs) return false;
    this.level--;
    this.#calmSince = now;
    return true;
  }
}
