import { GatewayError, type PreparedFields } from "../../src/plugin.ts";
import type { Entry, Stored } from "./entry.ts";
import type { Fill } from "./fill.ts";

/** A response whose content is coming. */
export interface ComingContent {
  readonly kind: "fill";
  readonly stored: Stored;
  readonly headers: PreparedFields;
  readonly fill: Fill;
}

/** What one request has brought for all who wait for it. */
export type Landed =
  /** A response that is stored. */
  | { readonly kind: "entry"; readonly entry: Entry }
  /** One that is being stored; its content is coming. */
  | ComingContent
  /** A failure of the service: it is not stored, and for those who wait already. */
  | { readonly kind: "failure"; readonly entry: Entry }
  /** One that is not for others: each asks for its own. */
  | { readonly kind: "pass" }
  | { readonly kind: "error"; readonly error: unknown }
  /** The client that asked has left: another asks in its place. */
  | { readonly kind: "left" };

/** Nobody waits for another's request longer than this, in ms. */
const LONGEST_MS = 30_000;

/** A request that others wait for, and then the content that it brings, until that is there whole. */
export class Flight {
  readonly url: string;
  readonly #flights: Flights;
  readonly #key: string;
  /** Made for the first: mostly nobody waits. */
  #waiting: Set<(landed: Landed) => void> | undefined = undefined;
  /** What it has brought, until it is over. */
  #landed: Landed | undefined = undefined;
  #hasLanded = false;
  #isOver = false;

  constructor(flights: Flights, key: string, url: string) {
    this.url = url;
    this.#flights = flights;
    this.#key = key;
  }

  /** Tells all who wait, once. Who comes while a content is coming gets it too; else they find the store, or begin anew. */
  land(landed: Landed): void {
    if (this.#hasLanded) return;
    this.#hasLanded = true;
    if (landed.kind === "fill" && !this.#isOver) this.#landed = landed;
    else this.end();
    // Of those who wait for one who has left, the first asks; it takes the others along.
    for (const tell of this.#waiting ?? []) tell(landed);
    this.#waiting = undefined;
  }

  /** The content is there whole, or will not be: nobody finds it any more. Its own memory may be collected late, so it keeps nothing. */
  end(): void {
    this.#isOver = true;
    this.#landed = undefined;
    this.#flights.remove(this.#key, this);
  }

  /** Resolves when it has landed; "pass" if that takes too long. Rejects with the signal's reason when it is aborted. */
  wait(signal: AbortSignal): Promise<Landed> {
    if (this.#hasLanded) return Promise.resolve(this.#landed ?? PASS);
    this.#waiting ??= new Set();
    const waiting = this.#waiting;
    return new Promise((resolve, reject) => {
      const tell = (landed: Landed) => {
        waiting.delete(tell);
        clearTimeout(timer);
        signal.removeEventListener("abort", onAbort);
        resolve(landed);
      };
      const onAbort = () => {
        waiting.delete(tell);
        clearTimeout(timer);
        reject(GatewayError.from(signal.reason));
      };
      const timer = setTimeout(tell, LONGEST_MS, PASS);
      if (signal.aborted) return onAbort();
      signal.addEventListener("abort", onAbort, { once: true });
      waiting.add(tell);
    });
  }
}

const PASS: Landed = { kind: "pass" };

/** So many flights share a map. */
const A_MAP = 256;

/**
 * The requests under way that others may wait for, by what they ask for. They come and go all the time, and a map that goes on for long
 * keeps all that it has ever had in use, until all garbage is collected: so there is a new one every so often.
 */
export class Flights {
  #recent = new Map<string, Flight>();
  #older = new Map<string, Flight>();
  #begun = 0;

  get size(): number {
    return this.#recent.size + this.#older.size;
  }

  get(key: string): Flight | undefined {
    return this.#recent.get(key) ?? this.#older.get(key);
  }

  begin(key: string, url: string): Flight {
    const flight = new Flight(this, key, url);
    if (++this.#begun >= A_MAP && this.#older.size === 0) {
      this.#older = this.#recent;
      this.#recent = new Map();
      this.#begun = 0;
    }
    // One of that key that was forgotten is of no use to anybody any more.
    this.#older.delete(key);
    this.#recent.set(key, flight);
    return flight;
  }

  /** Nobody joins what is under way for these URLs any more. */
  forget(isAbout: (url: string) => boolean): void {
    for (const flights of [this.#recent, this.#older]) {
      for (const [key, { url }] of flights) if (isAbout(url)) flights.delete(key);
    }
  }

  /** For the flight that has landed. */
  remove(key: string, flight: Flight): void {
    if (this.#recent.get(key) === flight) this.#recent.delete(key);
    else if (this.#older.get(key) === flight) this.#older.delete(key);
  }
}
