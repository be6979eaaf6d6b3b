import { SpaceSaving } from "./space-saving.ts";

/** A client that was refused with 429. */
export interface LimitedClient {
  /** Its address, or who it is: `jwt:alice`. */
  readonly client: string;
  /** Name of the route; empty where there is none. */
  readonly route: string;
  readonly refused: number;
  /** The latest time, in ms since 1970. */
  readonly lastAt: number;
}

export interface LimitedReport {
  /** What was refused since, in ms since 1970. */
  readonly since: number;
  /** In no order. */
  readonly clients: readonly LimitedClient[];
}

/** For so long refusals are counted together; the period before is told as well. */
const PERIOD_MS = 15 * 60_000;
/** Clients and routes that one period tells apart. */
const CAPACITY = 512;

interface Seen {
  readonly client: string;
  readonly route: string;
  lastAt: number;
}

interface Period {
  readonly since: number;
  readonly counts: SpaceSaving<Seen>;
}

/** Counts who is refused with 429 of late: in this quarter of an hour and the one before, in constant memory. */
export class LimitedClients {
  readonly #now: () => number;
  #current: Period;
  #before: Period | undefined = undefined;

  constructor(now: () => number) {
    this.#now = now;
    this.#current = periodFrom(now());
  }

  note(client: string, route: string): void {
    const at = this.#now();
    this.#turn(at);
    const seen = this.#current.counts.count(keyOf(client, route), () => ({ client, route, lastAt: at }));
    seen.lastAt = at;
  }

  report(): LimitedReport {
    this.#turn(this.#now());
    const periods = this.#before === undefined ? [this.#current] : [this.#before, this.#current];
    return sumLimited(
      periods.map(({ since, counts }) => ({
        since,
        clients: counts.all().map(({ value, count }) => ({ ...value, refused: count })),
      })),
    );
  }

  #turn(at: number): void {
    const { since } = this.#current;
    if (at - since < PERIOD_MS) return;
    const isNext = at - since < 2 * PERIOD_MS;
    this.#before = isNext ? this.#current : undefined;
    this.#current = periodFrom(isNext ? since + PERIOD_MS : at);
  }
}

/** Several reports as one: the counts of one client on one route are added. */
export function sumLimited(reports: readonly LimitedReport[]): LimitedReport {
  const all = new Map<string, LimitedClient>();
  for (const one of reports.flatMap(({ clients }) => clients)) {
    const key = keyOf(one.client, one.route);
    const known = all.get(key);
    const refused = one.refused + (known?.refused ?? 0);
    all.set(key, { ...one, refused, lastAt: Math.max(one.lastAt, known?.lastAt ?? 0) });
  }
  return { since: Math.min(...reports.map(({ since }) => since)), clients: [...all.values()] };
}

function periodFrom(since: number): Period {
  return { since, counts: new SpaceSaving(CAPACITY) };
}

function keyOf(client: string, route: string): string {
  return `${client.length} ${client}${route}`;
}
