import type { Config, ListenConfig } from "./schema.ts";

/** A listener as it was written, and where. */
export interface Listener {
  readonly keys: readonly (string | number)[];
  readonly config: Partial<ListenConfig>;
}

/** Those of a configuration of which some may be missing: one, or a list of them. */
export function listenersOf(main: Partial<Config>): readonly Listener[] {
  const listen: unknown = main.listen;
  if (Array.isArray(listen)) return listen.map((config, index) => ({ keys: ["listen", index], config: config ?? {} }));
  return [{ keys: ["listen"], config: (listen ?? {}) as Partial<ListenConfig> }];
}
