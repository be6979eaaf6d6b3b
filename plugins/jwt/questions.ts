import { isRevokedBy, type RevocationQuery, type Store } from "../../src/plugin.ts";

/** What is asked together. */
interface Batch {
  readonly groups: RevocationQuery["group"][];
  keys: number;
  readonly questions: Question[];
}

interface Question {
  readonly token: AskedToken;
  readonly query: RevocationQuery;
  readonly withoutStore: WithoutStore;
  resolve(isRevoked: boolean): void;
  reject(error: unknown): void;
}

/** Keeps what the store has said last. */
export interface AskedToken {
  wasRevoked: boolean | undefined;
}

/** The answer where the store has failed. Throws where nothing but the store may answer. */
export type WithoutStore = (token: AskedToken, error: unknown) => boolean;

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

  /** Rejects with what `withoutStore` throws. */
  ask(token: AskedToken, query: RevocationQuery, withoutStore: WithoutStore): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const batch = this.#room(query.keys.length);
      batch.groups.push(query.group);
      batch.keys += query.keys.length;
      batch.questions.push({ token, query, withoutStore, resolve, reject });
    });
  }

  #room(keys: number): Batch {
    const current = this.#batch;
    if (current !== undefined && current.keys + keys <= MAX_KEYS) return current;
    const batch: Batch = { groups: [], keys: 0, questions: [] };
    this.#batch = batch;
    setImmediate(() => void this.#send(batch));
    return batch;
  }

  async #send(batch: Batch): Promise<void> {
    if (this.#batch === batch) this.#batch = undefined;
    try {
      const values = await this.#raw.getFew(batch.groups);
      let from = 0;
      for (const { token, query, resolve } of batch.questions) {
        // Nearly always nothing at all is revoked.
        token.wasRevoked = values.size > 0 && isRevokedBy(query, values, from);
        resolve(token.wasRevoked);
        from += query.keys.length;
      }
    } catch (error) {
      for (const question of batch.questions) answerWithout(question, error);
    }
  }
}

function answerWithout({ token, withoutStore, resolve, reject }: Question, error: unknown): void {
  try {
    resolve(withoutStore(token, error));
  } catch (failure) {
    reject(failure);
  }
}
