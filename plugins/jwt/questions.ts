import { isRevokedBy, type RevocationQuery, type Store, tellAll } from "../../src/plugin.ts";

/** What is asked together. */
interface Batch {
  readonly groups: RevocationQuery["group"][];
  keys: number;
  readonly questions: Question[];
}

/** Who asks about a token. It must not throw. */
export interface Question {
  readonly token: AskedToken;
  readonly query: RevocationQuery;
  onAnswer(isRevoked: boolean): void;
  onNoAnswer(error: unknown): void;
}

/** Keeps what the store has said last. */
export interface AskedToken {
  wasRevoked: boolean | undefined;
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

  /** Tells the answer later. */
  ask(question: Question): void {
    const { group, keys } = question.query;
    const batch = this.#room(keys.length);
    batch.groups.push(group);
    batch.keys += keys.length;
    batch.questions.push(question);
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
    let values: ReadonlyMap<number, string>;
    try {
      values = await this.#raw.getFew(batch.groups);
    } catch (error) {
      tellAll(batch.questions, (question) => question.onNoAnswer(error));
      return;
    }
    let from = 0;
    tellAll(batch.questions, (question) => {
      const { token, query } = question;
      // Nearly always nothing at all is revoked.
      token.wasRevoked = values.size > 0 && isRevokedBy(query, values, from);
      from += query.keys.length;
      question.onAnswer(token.wasRevoked);
    });
  }
}
