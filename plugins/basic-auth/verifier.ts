import { createKeyedHash, Gate, type Logger, Remembered, SharedCalls } from "../../src/plugin.ts";
import type { Credentials } from "./credentials.ts";
import type { Users } from "./users.ts";

/** Verifications at a time: each keeps a core busy for as long as its hash says. */
const AT_ONCE = 2;
/** Those that wait for their turn; more are refused with 503, so that wrong passwords cannot use up the machine. */
const WAITING = 32;
const BOUNDS = { entries: 20_000, bytes: 16 * 1_048_576 };
/** Wrong ones are kept apart, and for a short time: whoever tries many must not push right ones out. */
const WRONG_BOUNDS = { entries: 4_000, bytes: 4 * 1_048_576 };
const WRONG_MS = 10_000;
const ENTRY_BYTES = 400;

interface Verified {
  /** Of the user at that time: another password has another. */
  readonly hash: string | undefined;
  readonly endsAtMs: number;
}

/** Verifies passwords, slowly as their hashes want it, and remembers for a while how it went. */
export class Verifier {
  readonly #now: () => number;
  readonly #log: Logger;
  readonly #keyOf = createKeyedHash();
  readonly #right = new Remembered<Verified>(BOUNDS);
  readonly #wrong = new Remembered<Verified>(WRONG_BOUNDS);
  readonly #calls = new SharedCalls<boolean>();
  readonly #gate = new Gate(AT_ONCE, WAITING);

  constructor(now: () => number, log: Logger) {
    this.#now = now;
    this.#log = log;
  }

  /** What is remembered of them; a promise where nothing is. Rejects with `overloaded` if too many are verified already. */
  verify({ name, password }: Credentials, { hashes, decoy }: Users, rememberMs: number): boolean | Promise<boolean> {
    const key = this.#keyOf(name, password);
    const now = this.#now();
    const hash = hashes.get(name);
    const right = this.#right.get(key, now);
    if (right !== undefined && hash !== undefined && right.hash === hash) return true;
    const wrong = this.#wrong.get(key, now);
    if (wrong !== undefined && wrong.hash === hash) return false;
    const call = `${key} ${hash ?? ""}`;
    return this.#calls.run(call, async () => {
      const isRight = await this.#gate.run(() => this.#isRight(password, hash ?? decoy));
      const verified = isRight && hash !== undefined;
      const keptMs = verified ? rememberMs : Math.min(rememberMs, WRONG_MS);
      if (keptMs > 0) {
        const memory = verified ? this.#right : this.#wrong;
        memory.set(key, { hash, endsAtMs: this.#now() + keptMs }, ENTRY_BYTES);
      }
      return verified;
    });
  }

  /** A hash that looks like one and is none lets nobody in. */
  async #isRight(password: string, hash: string): Promise<boolean> {
    try {
      return await Bun.password.verify(password, hash);
    } catch (error) {
      this.#log.error("a password cannot be verified: its hash is malformed", { error });
      return false;
    }
  }
}
