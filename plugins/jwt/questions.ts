import { isRevokedBy, type RevocationQuery, type Store, StoreError } from "../../src/plugin.ts";

/** What is asked together. */
interface Batch {
  readonly keys: string[];
  readonly questions: Question[];
}

interface Question {
  readonly query: RevocationQuery;
  resolve(isRevoked: boolean): void;
  reject(error: unknown): void;
}

/** A command with more keys would hold Redis up for others. */
const MAX_KEYS = 512;

/**
 * Asks the store which tokens are revoked: all requests of one turn of the event loop in one command. That costs each of
 * them a fraction of a command of its own.
 */
export class RevocationQuestions {
  readonly #raw: Store;
  #batch: Batch | undefined = undefined;

  constructor(store: Store) {
    this.#raw = store.raw;
  }

  /** Rejects with StoreError. */
  ask(query: RevocationQuery): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const batch = this.#room(query.keys.length);
      for (const key of query.keys) batch.keys.push(key);
      batch.questions.push({ query, resolve, reject });
    });
  }

  #room(keys: number): Batch {
    const current = this.#batch;
    if (current !== undefined && current.keys.length + keys <= MAX_KEYS) return current;
    const batch: Batch = { keys: [], questions: [] };
    this.#batch = batch;
    setImmediate(() => void this.#send(batch));
    return batch;
  }

  async #send(batch: Batch): Promise<void> {
    if (this.#batch === batch) this.#batch = undefined;
    try {
      const values = await this.#raw.getMany(batch.keys);
      // Silence about a key must never mean that nothing was revoked.
      if (values.length !== batch.keys.length) throw new StoreError("refused", "the store answers for other keys");
      let from = 0;
      for (const { query, resolve } of batch.questions) {
        resolve(isRevokedBy(query, values, from));
        from += query.keys.length;
      }
    } catch (error) {
      for (const { reject } of batch.questions) reject(error);
    }
  }
}
