const SAMPLES = 256;
const ENOUGH = 20;
/** After so many new ones the percentile is computed anew. */
const EVERY = 64;

/** How long a service's latest answers took; costs an assignment each. */
export class LatencyWindow {
  readonly #samples = new Float64Array(SAMPLES);
  #count = 0;
  #computedAt = 0;
  #p95: number | undefined = undefined;

  add(ms: number): void {
    this.#samples[this.#count % SAMPLES] = ms;
    this.#count++;
  }

  /**
   * Of the latest 256, in ms, 1 at least, rounded up to two digits: there are only so many delays to wait for. Undefined
   * while fewer than 20 are known.
   */
  p95(): number | undefined {
    if (this.#count < ENOUGH) return undefined;
    if (this.#p95 !== undefined && this.#count - this.#computedAt < EVERY) return this.#p95;
    const known = this.#samples.slice(0, Math.min(this.#count, SAMPLES)).sort();
    this.#computedAt = this.#count;
    this.#p95 = Math.max(1, roundedUp(known[Math.ceil(known.length * 0.95) - 1] as number));
    return this.#p95;
  }
}

/** To two digits. */
function roundedUp(ms: number): number {
  const step = 10 ** Math.max(0, Math.floor(Math.log10(ms)) - 1);
  return Math.ceil(ms / step) * step;
}
