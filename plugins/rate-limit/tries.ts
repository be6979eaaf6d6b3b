/** Ms for which a client is barred; 0 if it may go on. */
export type BarredMs = number;

/** What is known of an address at the moment. */
export interface Room {
  /** Failures that there is room for. */
  left(key: string): number;
  /** Where there is none: ms until there is. */
  barredMs(key: string): BarredMs;
}

interface Waiter {
  done(barredMs: BarredMs): void;
}

interface Address {
  trying: number;
  /** First come, first served. */
  readonly waiters: Set<Waiter>;
}

/** Requests of one address that wait at once; more are refused. */
const MAX_WAITERS = 1_000;
/** As long as a service takes to say who somebody is. */
const WAIT_MS = 5_000;
/** Where nothing is known but that too many try. */
const SOON_MS = 1_000;

/**
 * Requests that are being authenticated, by address: never more at once than failures that there is room for, so that
 * many at once cannot fail more often than one after the other. The others wait for their turn.
 */
export class Tries {
  readonly #addresses = new Map<string, Address>();

  /** Who is let in has to leave. A promise only where others of the address are in the way. */
  enter(key: string, room: Room, signal: () => AbortSignal): BarredMs | Promise<BarredMs> {
    const left = room.left(key);
    if (left <= 0) return room.barredMs(key);
    const address = this.#addresses.get(key);
    if (address === undefined) this.#addresses.set(key, { trying: 1, waiters: new Set() });
    else if (address.trying < left && address.waiters.size === 0) address.trying++;
    else return address.waiters.size < MAX_WAITERS ? wait(address, signal()) : SOON_MS;
    return 0;
  }

  leave(key: string, room: Room): void {
    const address = this.#addresses.get(key);
    if (address === undefined) return;
    address.trying--;
    for (const waiter of address.waiters) {
      const left = room.left(key);
      if (left > 0 && address.trying >= left) return;
      if (left > 0) address.trying++;
      waiter.done(left > 0 ? 0 : room.barredMs(key));
    }
    if (address.trying === 0) this.#addresses.delete(key);
  }
}

function wait({ waiters }: Address, signal: AbortSignal): Promise<BarredMs> {
  return new Promise((resolve) => {
    const giveUp = () => waiter.done(SOON_MS);
    const timer = setTimeout(giveUp, WAIT_MS);
    const waiter: Waiter = {
      done(barredMs) {
        clearTimeout(timer);
        signal.removeEventListener("abort", giveUp);
        waiters.delete(waiter);
        resolve(barredMs);
      },
    };
    waiters.add(waiter);
    signal.addEventListener("abort", giveUp, { once: true });
  });
}
