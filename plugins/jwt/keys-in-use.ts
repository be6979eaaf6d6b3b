/** The forms of keys that instances of the plugin look for: whoever revokes an id has to write all of them. */
export class KeysInUse {
  readonly #users = new Map<string, number>();

  /** The function says that it is used no more. */
  use(key: string): () => void {
    this.#users.set(key, (this.#users.get(key) ?? 0) + 1);
    let isUsed = true;
    return () => {
      if (!isUsed) return;
      isUsed = false;
      const users = (this.#users.get(key) ?? 1) - 1;
      if (users === 0) this.#users.delete(key);
      else this.#users.set(key, users);
    };
  }

  all(): readonly string[] {
    return [...this.#users.keys()];
  }
}
