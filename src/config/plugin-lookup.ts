import type { TSchema } from "@sinclair/typebox";

/** What a configuration needs to know of a plugin. */
export interface PluginDescription {
  readonly name: string;
  readonly description: string;
  readonly options: TSchema;
  readonly answers?: boolean;
}

/** Finds the plugins that a configuration names. */
export interface PluginLookup<P extends PluginDescription = PluginDescription> {
  /**
   * The plugin of that name, path or package as written in a file of that folder; a text that says why it cannot be
   * loaded; undefined if there is none.
   */
  find(specifier: string, directory: string): Promise<P | { readonly problem: string } | undefined>;
  /** Names of those that are installed with the gateway. */
  names(): readonly string[];
}
