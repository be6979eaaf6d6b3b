/** Lets so many pass in each second, as the clock has them. */
export class SecondLimit {
  readonly #most: number;
  #second = 0;
  #count = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** @param nowMs on any clock that does not go back */
  take(nowMs: number): boolean {
    const second = Math.floor(nowMs / 1_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#count = 0;
    }
    if (this.#count >= this.#most) return false;
    this.#count++;
    return true;
  }
}
