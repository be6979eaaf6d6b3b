/** What a command line says: flags with their values, and the words between them. */
export interface Flags {
  readonly words: readonly string[];
  /** Each value of each flag, in order; a flag without a value has none. */
  readonly values: ReadonlyMap<string, readonly string[]>;
}

/** Which flags there are: whether each takes a value. */
export type FlagTable = Readonly<Record<string, "value" | "switch">>;

/** Reads `--name value`, `--name=value` and `--name`. A text says what is not understood. */
export function readFlags(args: readonly string[], table: FlagTable): Flags | string {
  const words: string[] = [];
  const values = new Map<string, string[]>();
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? "";
    if (!arg.startsWith("--")) {
      words.push(arg);
      continue;
    }
    const mark = arg.indexOf("=");
    const name = mark < 0 ? arg.slice(2) : arg.slice(2, mark);
    const kind = Object.hasOwn(table, name) ? table[name] : undefined;
    if (kind === undefined) return `there is no flag --${name}`;
    const value = mark >= 0 ? arg.slice(mark + 1) : kind === "value" ? args[++i] : "";
    if (value === undefined || (kind === "switch" && mark >= 0)) {
      return kind === "value" ? `--${name} needs a value` : `--${name} takes no value`;
    }
    values.set(name, [...(values.get(name) ?? []), value]);
  }
  return { words, values };
}

/** Reads a line of flags alone, each once at most. A text says what is not understood. */
export function readOnce(args: readonly string[], table: FlagTable): Flags | string {
  const flags = readFlags(args, table);
  if (typeof flags === "string") return flags;
  const { words, values } = flags;
  if (words.length > 0) return `${JSON.stringify(words[0])} is not understood`;
  const twice = [...values].find(([, given]) => given.length > 1);
  return twice === undefined ? flags : `--${twice[0]} is there twice`;
}
