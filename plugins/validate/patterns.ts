import { RE2JS } from "re2js";

/** What a value is held against. */
export interface Pattern {
  test(text: string): boolean;
  /** Another one for each pattern: the compiler of schemas knows it by that. */
  toString(): string;
}

/**
 * A pattern of a document, whose time grows no faster than the text: a client chooses the text, and a backtracking engine can be made to
 * take years over `^(a+)+$`. What is simple enough runs on the engine of the runtime, everything else on RE2's automata; what that
 * has no form for, look-around and back references, is not checked, and `onUnchecked` is told why.
 */
export function compilePattern(written: string, onUnchecked: (why: string) => void): Pattern {
  const source = withoutDelimiters(written);
  const native = nativePattern(source);
  if (native !== undefined && isSimple(source)) return native;
  const name = () => `linear ${source}`;
  try {
    const linear = RE2JS.compile(RE2JS.translateRegExp(source));
    return { test: (text) => linear.matcher(text).find(), toString: name };
  } catch {
    const why = native === undefined ? "it is no regular expression" : "it cannot be matched in linear time";
    onUnchecked(`the pattern ${JSON.stringify(source.slice(0, 200))} is not checked: ${why}`);
    return { test: () => true, toString: name };
  }
}

/** `/^a$/` matches nothing as it stands: who writes so means what is between the slashes. */
function withoutDelimiters(pattern: string): string {
  return /^\/(\^.*\$)\/$/s.exec(pattern)?.[1] ?? pattern;
}

/** Letters with a backslash that mean something elsewhere (the ends of a text in Ruby, Python and PCRE), and in JavaScript the letter. */
const FOREIGN = /\\[AzZhQEGKR]/;

/** With the `u` flag (JSON Schema 2020-12 §6.4), or without it for patterns that are none then. */
function nativePattern(source: string): RegExp | undefined {
  for (const flags of ["u", ""]) {
    if (flags === "" && FOREIGN.test(source)) return undefined;
    try {
      return new RegExp(source, flags);
    } catch {
      // The next one.
    }
  }
  return undefined;
}

/** Something that may be repeated: a class, an escape, a character. */
const ATOM = String.raw`(?:\[(?:[^\]\\]|\\.)*\]|\\[pP]\{[^}]*\}|\\[^1-9k]|[^()[\]{}|*+?^$\\])`;
/** Atoms, each as often as it is written or left out. */
const FIXED = String.raw`(?:${ATOM}(?:\{\d{1,3}\})?\??)*`;
/**
 * Nothing is repeated without a bound; or the pattern begins at the start, and one atom is repeated: then an engine that goes back does so
 * over one choice. No groups, no alternatives.
 */
const SIMPLE = new RegExp(`^(?:\\^?${FIXED}|\\^${FIXED}${ATOM}(?:[*+]|\\{\\d+,\\d*\\})${FIXED})\\$?$`);
const LONGEST = 200;

function isSimple(source: string): boolean {
  const optional = source.split("?").length - 1;
  return source.length <= LONGEST && optional <= 4 && SIMPLE.test(source);
}
