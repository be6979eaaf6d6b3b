import { FIELDS, type Field, Ring } from "./ring.ts";
import { addCounts, type Counts, noCounts, ROUTE_BOUNDS, type Sample, SERVICE_BOUNDS } from "./sample.ts";

/** Per second, and latencies in ms, null where there was no request: of each interval, the oldest first. */
export type Series = Readonly<Record<Field, readonly (number | null)[]>>;

export interface TrackReport {
  readonly stepMs: number;
  /** The end of each interval, in ms since 1970. */
  readonly at: readonly number[];
  readonly total: Series;
  readonly routes: Readonly<Record<string, Series>>;
  readonly services: Readonly<Record<string, Series>>;
}

/** Routes and services that are kept, each: what comes beyond is in the total alone. */
const MOST_NAMES = 1_000;
/** Intervals that may be overwritten while a report is written. */
const SPARE = 2;

interface Pending {
  readonly total: ReturnType<typeof noCounts>;
  readonly routes: Map<string, ReturnType<typeof noCounts>>;
  readonly services: Map<string, ReturnType<typeof noCounts>>;
  seconds: number;
}

/** The latest intervals of one length, of all requests and of each route and service. */
export class Track {
  readonly #stepMs: number;
  readonly #slots: number;
  readonly #at: number[] = [];
  readonly #total: Ring;
  readonly #routes = new Map<string, Ring>();
  readonly #services = new Map<string, Ring>();
  #pending: Pending = nothing();
  #next = 0;

  /** @param slots how many intervals are kept */
  constructor(stepMs: number, slots: number) {
    this.#stepMs = stepMs;
    this.#slots = slots;
    this.#total = new Ring(slots);
  }

  add(sample: Sample): void {
    const pending = this.#pending;
    pending.seconds += sample.seconds;
    addCounts(pending.total, sample.total);
    addAll(pending.routes, sample.routes, ROUTE_BOUNDS);
    addAll(pending.services, sample.services, SERVICE_BOUNDS);
    // Samples come a little late, never early.
    if (pending.seconds * 1_000 < this.#stepMs - 500) return;
    this.#put(sample.at, pending);
    this.#pending = nothing();
  }

  /** What ended after `sinceMs` and within the latest `seconds`. */
  report(sinceMs: number, seconds: number): TrackReport {
    const slots = this.#slotsOf(sinceMs, seconds);
    return {
      ...this.#head(slots),
      routes: seriesByName(this.#routes, slots),
      services: seriesByName(this.#services, slots),
    };
  }

  /**
   * The same as JSON, in pieces that each take little time to make. While they are taken the next intervals may come, in
   * place of the oldest: so the oldest two are left out of a full track.
   */
  *json(sinceMs: number, seconds: number): Generator<string, void> {
    const all = this.#slotsOf(sinceMs, seconds);
    const slots = all.slice(Math.max(0, all.length - (this.#slots - SPARE)));
    yield JSON.stringify(this.#head(slots)).slice(0, -1);
    yield ',"routes":{';
    yield* entries(this.#routes, slots);
    yield '},"services":{';
    yield* entries(this.#services, slots);
    yield "}}";
  }

  #head(slots: readonly number[]): Pick<TrackReport, "stepMs" | "at" | "total"> {
    return { stepMs: this.#stepMs, at: slots.map((slot) => this.#at[slot] ?? 0), total: seriesOf(this.#total, slots) };
  }

  /** The oldest first. */
  #slotsOf(sinceMs: number, seconds: number): readonly number[] {
    const latest = this.#at[(this.#next - 1 + this.#slots) % this.#slots] ?? 0;
    const from = Math.max(sinceMs, latest - seconds * 1_000);
    const count = this.#at.length;
    const first = count < this.#slots ? 0 : this.#next;
    const all = Array.from({ length: count }, (_, index) => (first + index) % this.#slots);
    return all.filter((slot) => (this.#at[slot] ?? 0) > from);
  }

  #put(at: number, { total, routes, services, seconds }: Pending): void {
    const slot = this.#next;
    this.#next = (slot + 1) % this.#slots;
    this.#at[slot] = at;
    this.#total.put(slot, total, seconds, ROUTE_BOUNDS);
    this.#putAll(this.#routes, routes, slot, seconds, ROUTE_BOUNDS);
    this.#putAll(this.#services, services, slot, seconds, SERVICE_BOUNDS);
  }

  #putAll(
    rings: Map<string, Ring>,
    counts: ReadonlyMap<string, Counts>,
    slot: number,
    seconds: number,
    bounds: readonly number[],
  ): void {
    for (const name of counts.keys()) {
      if (!rings.has(name) && rings.size < MOST_NAMES) rings.set(name, new Ring(this.#slots));
    }
    for (const [name, ring] of rings) ring.put(slot, counts.get(name), seconds, bounds);
  }
}

function nothing(): Pending {
  return { total: noCounts(ROUTE_BOUNDS), routes: new Map(), services: new Map(), seconds: 0 };
}

function addAll(
  sums: Map<string, ReturnType<typeof noCounts>>,
  all: ReadonlyMap<string, Counts>,
  bounds: readonly number[],
): void {
  for (const [name, counts] of all) {
    const sum = sums.get(name) ?? noCounts(bounds);
    addCounts(sum, counts);
    sums.set(name, sum);
  }
}

function seriesByName(rings: ReadonlyMap<string, Ring>, slots: readonly number[]): Record<string, Series> {
  return Object.fromEntries([...rings].map(([name, ring]) => [name, seriesOf(ring, slots)]));
}

function* entries(rings: ReadonlyMap<string, Ring>, slots: readonly number[]): Generator<string, void> {
  let comma = "";
  for (const [name, ring] of rings) {
    yield `${comma}${JSON.stringify(name)}:${JSON.stringify(seriesOf(ring, slots))}`;
    comma = ",";
  }
}

function seriesOf(ring: Ring, slots: readonly number[]): Series {
  const columns = FIELDS.map((name, field) => [name, slots.map((slot) => rounded(ring.at(field, slot)))]);
  return Object.fromEntries(columns) as Series;
}

/** JSON has no NaN. */
function rounded(value: number): number | null {
  return Number.isNaN(value) ? null : Math.round(value * 1_000) / 1_000;
}
