import { callOut, createKeyedHash, Gate, type OutgoingAnswer, Remembered } from "../../src/plugin.ts";

/** Header lines of a yes, to be copied into the request. */
export type Lines = readonly (readonly [name: string, value: string])[];

/** A yes. */
export interface Granted {
  readonly lines: Lines;
  readonly endsAtMs: number;
}

/** Questions on their way, and those that wait; more are refused with 503. */
const IN_FLIGHT = 100;
const WAITING = 100;
const BOUNDS = { entries: 20_000, bytes: 32 * 1_048_576 };

/** One deciding service, and the yeses that it has given to one configuration of the plugin. */
export class Decisions {
  readonly #keyOf = createKeyedHash();
  readonly #granted = new Remembered<Granted>(BOUNDS);
  readonly #gate = new Gate(IN_FLIGHT, WAITING);

  /** Of what a decision depends on; the parts cannot be taken for one another. */
  key(parts: readonly string[]): string {
    return this.#keyOf(...parts);
  }

  known(key: string, now: number): Granted | undefined {
    return this.#granted.get(key, now);
  }

  remember(key: string, lines: Lines, endsAtMs: number): void {
    const bytes = lines.reduce((sum, [name, value]) => sum + 2 * (name.length + value.length) + 50, 300);
    this.#granted.set(key, { lines, endsAtMs }, bytes);
  }

  /** Rejects with OutgoingError or `overloaded`. */
  ask(call: Parameters<typeof callOut>[0]): Promise<OutgoingAnswer> {
    return this.#gate.run(() => callOut(call));
  }
}
