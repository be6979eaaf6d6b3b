/** The reference's first part: what holds for every key. */
export const REFERENCE_INTRODUCTION = `# Configuration

<!-- Generated from the schema by \`bun run gateway schema --write\`. -->

The gateway reads \`gateway.yaml\`. \`bun run gateway check FILE\` reads it as the gateway would and reports every problem
at once, each with its line. An editor with a YAML language server completes and checks as you type, if the file begins with:

\`\`\`yaml
# yaml-language-server: $schema=./gateway.schema.json
\`\`\`

Keys that are not in this reference are errors. A section that is left out, or left empty, has its defaults.

**Units.** Durations are \`250ms\`, \`30s\`, \`5m\`, \`1h\` or \`7d\`; sizes \`512b\`, \`16kb\`, \`10mb\` or \`4gb\` (1kb is
1,024 bytes); shares \`20%\`.

**Variables** are replaced in values, never in keys, and after the file is parsed: what they hold cannot change its structure.

| written | becomes |
|---|---|
| \`\${NAME}\` | the variable; it must be set |
| \`\${NAME:-default}\` | the variable, or the default if it is not set or empty |
| \`\${NAME:?message}\` | the variable; if it is not set or empty, a problem with your message |
| \`\${file:PATH}\` | the content of a file without its last line end: for secrets |
| \`$\${\` | a plain \`\${\` |

A variable where a number, or true or false, is wanted is read as one: \`port: "\${PORT}"\`. Problems never show what a
variable or a secret file held.

**Paths** of files, certificates and plugins are relative to the file that they are written in.

**Anchors** (\`&name\`), aliases (\`*name\`) and merging (\`<<: *name\`) work within a file; top-level keys
that begin with \`x-\` are yours, a place for what several others share. Values of headers and query
parameters are text: write \`"2"\` and \`"true"\` in quotes.

In the tables, \`limits.body-bytes\` is the key \`body-bytes\` of the map \`limits\`, \`NAME\` is a name of your choice, and
\`[]\` stands for each item of a list.`;

/** What precedes the list of plugins. */
export const REFERENCE_PLUGINS = `## Which plugins a route has

The global ones, then its service's, then its own. A later entry of the same plugin replaces the earlier one in its
place, and \`false\` removes it. A plugin is named, or written as a path (\`./my-plugin.ts\`) or as an npm package
(\`@team/plugin\` or \`sluice-plugin\`: editors know these by their names). Its options are a map; an entry left empty
takes the defaults.`;
