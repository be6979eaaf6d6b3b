/** One difference between two documents. */
export interface Change {
  /** Whether clients that work with the old document may fail with the new one. */
  readonly isBreaking: boolean;
  /** The operation, such as "GET /users/{id}". */
  readonly operation: string;
  /** The part of it, such as "response 200 > items > name"; empty for the whole. */
  readonly part: string;
  readonly message: string;
}

/** Collects the changes of one operation. */
export class Changes {
  readonly list: Change[] = [];
  readonly #operation: string;

  constructor(operation: string) {
    this.#operation = operation;
  }

  breaking(part: string, message: string): void {
    this.list.push({ isBreaking: true, operation: this.#operation, part, message });
  }

  other(part: string, message: string): void {
    this.list.push({ isBreaking: false, operation: this.#operation, part, message });
  }
}
