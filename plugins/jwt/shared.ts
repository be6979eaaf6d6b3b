/** Something that instances of the plugin with the same options share, over a reload too, until the last is closed. */
export class SharedValues<T extends { close(): void }> {
  readonly #values = new Map<string, { readonly value: Promise<T>; users: number }>();

  /** Rejects if `create` does; then nothing is kept. */
  async acquire(key: string, create: () => T | Promise<T>): Promise<{ readonly value: T; release(): void }> {
    const shared = this.#values.get(key) ?? { value: Promise.try(create), users: 0 };
    this.#values.set(key, shared);
    shared.users++;
    let isHeld = true;
    const release = () => {
      if (!isHeld) return;
      isHeld = false;
      if (--shared.users > 0) return;
      this.#values.delete(key);
      shared.value.then(
        (value) => value.close(),
        () => {},
      );
    };
    try {
      return { value: await shared.value, release };
    } catch (error) {
      release();
      throw error;
    }
  }
}
