/** What a baseline keeps over a restart: plain data. */
export interface BaselineState {
  readonly firstAt: number;
  readonly level: number;
  readonly variance: number;
  readonly season: readonly number[];
  readonly visits: readonly number[];
}

export interface Forecast {
  readonly mean: number;
  /** Of what is usual around the mean, without the noise of counting. */
  readonly variance: number;
}

const SLOT_MS = 3_600_000;
/** Residuals beyond so many deviations are cut there before they teach anything. */
const CUT = 2;
/** Makes the mean of ρ 1 for residuals that are normal, with CUT 2. */
const RHO_SCALE = 2.52;
/** Weight of a minute for an hour of the season, for the level and for the variance, once all are known. */
const SEASON_WEIGHT = 0.01;
const LEVEL_WEIGHT = 1 / 1_440;
const VARIANCE_WEIGHT = 1 / 500;
const FIRST_VARIANCE = 0.04;
const LEAST_VARIANCE = 0.0004;
/** Values that an hour begins with. */
const FIRST_VALUES = 9;
/** An hour of the season of which fewer minutes were seen has no forecast. */
const KNOWN_VISITS = 30;
/** Beyond, visits are not counted any more. */
const MOST_VISITS = 1_000;

/**
 * What is usual at each hour of a day or a week: a level, an offset for each hour, and a variance, learned a minute at a
 * time. It is exponential smoothing with a season (Holt–Winters), made robust as in Gelper, Fried and Croux: a residual is
 * cut at two deviations before it is learned from, and the variance grows by a bounded function of it, so that a spike
 * teaches little, and a change that stays is learned in the end. Between the middles of two hours offsets are interpolated.
 *
 * @see Gelper, Fried, Croux: Robust forecasting with exponential and Holt–Winters smoothing. Journal of Forecasting 29 (2010)
 */
export class SeasonalBaseline {
  readonly #seasonMs: number;
  readonly #season: Float64Array;
  readonly #visits: Float64Array;
  /** The first values of hours that begin. */
  readonly #first = new Map<number, number[]>();
  #firstAt: number;
  #level = 0;
  #variance = FIRST_VARIANCE;

  constructor(seasonMs: number, firstAt: number, state?: BaselineState) {
    const slots = Math.round(seasonMs / SLOT_MS);
    this.#seasonMs = seasonMs;
    this.#firstAt = firstAt;
    this.#season = new Float64Array(slots);
    this.#visits = new Float64Array(slots);
    if (state === undefined || state.season.length !== slots || state.visits.length !== slots) return;
    this.#firstAt = state.firstAt;
    this.#level = state.level;
    this.#variance = state.variance;
    this.#season.set(state.season);
    this.#visits.set(state.visits);
  }

  /** So many seasons it has been learning for. */
  seasons(at: number): number {
    return (at - this.#firstAt) / this.#seasonMs;
  }

  /** What is usual at that time; undefined if too little was seen of it. */
  forecast(at: number): Forecast | undefined {
    const { left, right, part } = this.#slotsAt(at);
    const isKnown = (slot: number) => (this.#visits[slot] ?? 0) >= KNOWN_VISITS;
    if (!isKnown(left) || !isKnown(right)) return undefined;
    return { mean: this.#level + this.#offset(left, right, part), variance: this.#variance };
  }

  /** Learns from a value; `noise` is the variance that counting alone gives it. */
  learn(at: number, value: number, noise: number): void {
    const { left, right, part } = this.#slotsAt(at);
    const isNew = this.#begin(left, value) || this.#begin(right, value);
    if (isNew) return;
    const residual = value - this.#level - this.#offset(left, right, part);
    const deviation = Math.sqrt(this.#variance + noise);
    const x = residual / deviation;
    const cut = Math.max(-CUT, Math.min(CUT, x)) * deviation;
    this.#learnSlot(left, cut, 1 - part);
    this.#learnSlot(right, cut, part);
    const variance = this.#variance + VARIANCE_WEIGHT * (rho(x) - 1) * deviation * deviation;
    this.#variance = Math.max(LEAST_VARIANCE, variance);
    // Until each hour was seen once, all that changes is the season.
    if (this.seasons(at) >= 1) this.#level += LEVEL_WEIGHT * cut;
  }

  /** All that is usual has moved by so much. */
  shift(by: number): void {
    this.#level += by;
  }

  get state(): BaselineState {
    return {
      firstAt: this.#firstAt,
      level: round(this.#level),
      variance: round(this.#variance),
      season: [...this.#season].map(round),
      visits: [...this.#visits],
    };
  }

  /** An hour begins with the median of its first values, or a spike that comes first would teach for weeks. */
  #begin(slot: number, value: number): boolean {
    if (this.#visits[slot] !== 0) return false;
    const first = this.#first.get(slot) ?? [];
    first.push(value - this.#level);
    this.#first.set(slot, first);
    if (first.length < FIRST_VALUES) return true;
    this.#season[slot] = first.sort((a, b) => a - b)[FIRST_VALUES >> 1] ?? 0;
    this.#visits[slot] = FIRST_VALUES;
    this.#first.delete(slot);
    return false;
  }

  #learnSlot(slot: number, cut: number, share: number): void {
    const visits = this.#visits[slot] ?? 0;
    const weight = Math.max(SEASON_WEIGHT, 1 / (visits + 1)) * share;
    this.#season[slot] = (this.#season[slot] ?? 0) + weight * cut;
    if (visits < MOST_VISITS) this.#visits[slot] = visits + 1;
  }

  #offset(left: number, right: number, part: number): number {
    return (this.#season[left] ?? 0) * (1 - part) + (this.#season[right] ?? 0) * part;
  }

  /** The two hours between whose middles the time is, and how far it is on the way from one to the other. */
  #slotsAt(at: number): { readonly left: number; readonly right: number; readonly part: number } {
    const slots = this.#season.length;
    const position = (at % this.#seasonMs) / SLOT_MS - 0.5;
    const left = Math.floor(position);
    return { left: (left + slots) % slots, right: (left + 1) % slots, part: position - left };
  }
}

/** Tukey's biweight, bounded: its mean is 1 for a normal residual of variance 1. */
function rho(x: number): number {
  if (Math.abs(x) > CUT) return RHO_SCALE;
  return RHO_SCALE * (1 - (1 - (x / CUT) ** 2) ** 3);
}

function round(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
