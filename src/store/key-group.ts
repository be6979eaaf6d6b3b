/** Keys that are asked for together again and again: what a backend makes of them is kept with them. */
export class KeyGroup {
  readonly keys: readonly string[];
  /** For backends alone: the keys as they go over the wire. */
  wire: string | undefined = undefined;

  constructor(keys: readonly string[]) {
    this.keys = keys;
  }
}
