const SLOTS = 10;
/** Of each tenth: calls, failures, slow calls. */
const WIDTH = 3;

/**
 * The calls that ended within a window of time, by how they went. Time is counted in tenths of the window; what is older
 * than all of them is forgotten, and so is everything where the clock goes back.
 */
export class CallWindow {
  readonly #slotMs: number;
  readonly #slots = new Float64Array(SLOTS * WIDTH);
  #time = 0;
  #calls = 0;
  #failures = 0;
  #slow = 0;

  /** @param windowMs above 0 */
  constructor(windowMs: number) {
    this.#slotMs = windowMs / SLOTS;
  }

  get calls(): number {
    return this.#calls;
  }

  get failures(): number {
    return this.#failures;
  }

  get slow(): number {
    return this.#slow;
  }

  add(nowMs: number, isFailure: boolean, isSlow: boolean): void {
    const time = Math.floor(nowMs / this.#slotMs);
    if (time !== this.#time) this.#advance(time);
    const at = (time % SLOTS) * WIDTH;
    const slots = this.#slots;
    slots[at] = (slots[at] as number) + 1;
    this.#calls++;
    if (isFailure) {
      slots[at + 1] = (slots[at + 1] as number) + 1;
      this.#failures++;
    }
    if (isSlow) {
      slots[at + 2] = (slots[at + 2] as number) + 1;
      this.#slow++;
    }
  }

  #advance(time: number): void {
    const passed = time < this.#time ? SLOTS : Math.min(time - this.#time, SLOTS);
    for (let i = 0; i < passed; i++) this.#forget(((time + SLOTS - i) % SLOTS) * WIDTH);
    this.#time = time;
  }

  #forget(at: number): void {
    const slots = this.#slots;
    this.#calls -= slots[at] as number;
    this.#failures -= slots[at + 1] as number;
    this.#slow -= slots[at + 2] as number;
    slots.fill(0, at, at + WIDTH);
  }
}
