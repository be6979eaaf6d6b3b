import { wildcardOf } from "../config/certificate.ts";

/** What is found by the name of a server that a client asks for. */
export interface Named<T> {
  /** In small letters; `*.example.com` is any one label before the rest. */
  readonly names: readonly string[];
  readonly value: T;
}

/** Finds by a server's name: an exact one before a wildcard, and the first of two that are the same. */
export class ServerNames<T> {
  readonly #values = new Map<string, T>();

  constructor(entries: readonly Named<T>[]) {
    for (const { names, value } of entries) {
      for (const name of names) if (!this.#values.has(name)) this.#values.set(name, value);
    }
  }

  /** Of a name as a client sends it, in any letters (RFC 6066 §3). */
  find(asked: string): T | undefined {
    const name = asked.toLowerCase();
    if (name.startsWith("*")) return undefined;
    const exact = this.#values.get(name);
    if (exact !== undefined) return exact;
    const wildcard = wildcardOf(name);
    return wildcard === undefined ? undefined : this.#values.get(wildcard);
  }
}
