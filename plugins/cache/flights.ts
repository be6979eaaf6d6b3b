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
  #landed: Landed | undefined = undefined;
  #isOver = false;

  constructor(flights: Flights, key: string, url: string) {
    this.url = url;
    this.#flights = flights;
    this.#key = key;
  }

  /** Tells all who wait, once. Who comes while a content is coming gets it too; else they find the store, or begin anew. */
  land(landed: Landed): void {
    if (this.#landed !== undefined) return;
    this.#landed = landed;
    if (landed.kind !== "fill" || this.#isOver) this.end();
    // Of those who wait for one who has left, the first asks; it takes the others along.
    for (const tell of this.#waiting ?? []) tell(landed);
    this.#waiting = undefined;
  }

  /** The content is there whole, or will not be. */
  end(): void {
    this.#isOver = true;
    this.#flights.remove(this.#key, this);
  }

  /** Resolves when it has landed; "pass" if that takes too long. Rejects with the signal's reason when it is aborted. */
  wait(signal: AbortSignal): Promise<Landed> {
    if (this.#landed !== undefined) return Promise.resolve(this.#landed);
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

/** The requests under way that others may wait for, by what they ask for. */
export class Flights {
  readonly #flights = new Map<string, Flight>();

  get size(): number {
    return this.#flights.size;
  }

  get(key: string): Flight | undefined {
    return this.#flights.get(key);
  }

  begin(key: string, url: string): Flight {
    const flight = new Flight(this, key, url);
    this.#flights.set(key, flight);
    return flight;
  }

  /** Nobody joins what is under way for these URLs any more. */
  forget(isAbout: (url: string) => boolean): void {
    for (const [key, { url }] of this.#flights) if (isAbout(url)) this.#flights.delete(key);
  }

  /** For the flight that has landed. */
  remove(key: string, flight: Flight): void {
    if (this.#flights.get(key) === flight) this.#flights.delete(key);
  }
}
