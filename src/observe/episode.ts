export interface EpisodeOptions {
  /** It is over when nothing was noted for so long. */
  readonly quietMs: number;
  onBegin(): void;
  /** @param count how often it was noted, the first time included */
  onEnd(count: number): void;
}

/** Tells when a run of like events begins and when it is over, as a line of the log for each would be a flood. */
export class Episode {
  readonly #options: EpisodeOptions;
  #count = 0;
  #countBefore = 0;
  #timer: Timer | undefined = undefined;

  constructor(options: EpisodeOptions) {
    this.#options = options;
  }

  /** One more has happened. */
  note(): void {
    this.#count++;
    if (this.#timer !== undefined) return;
    this.#countBefore = this.#count;
    this.#arm();
    this.#options.onBegin();
  }

  /** Looks once in `quietMs`: it is over at the latest after twice as long. */
  #arm(): void {
    this.#timer = setTimeout(this.#look, this.#options.quietMs);
    this.#timer.unref();
  }

  readonly #look = (): void => {
    if (this.#count !== this.#countBefore) {
      this.#countBefore = this.#count;
      return this.#arm();
    }
    const count = this.#count;
    this.#timer = undefined;
    this.#count = 0;
    this.#options.onEnd(count);
  };
}
