import { replaceGenerated } from "./generated-part.ts";
import type { PluginDescription } from "./plugin-lookup.ts";
import { optionsTable } from "./reference.ts";

/** The text of a plugin's page with the table of its options as its schema has it now: the rest is written by hand. */
export function pluginPage(page: string, { name, options }: PluginDescription): string {
  return replaceGenerated(`docs/plugins/${name}.md`, page, "options", optionsTable(options));
}
