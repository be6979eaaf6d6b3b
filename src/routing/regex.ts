import { matchForm } from "../message/path.ts";

/** A route's regular expression, compiled at load. */
export interface RegexPattern {
  readonly kind: "regex";
  readonly source: string;
  readonly expression: RegExp;
  /** What a match gives: "1", "2", … and the names of the groups. */
  readonly names: readonly string[];
  /** Every path that matches begins with this; may be empty. */
  readonly literalPrefix: string;
}

/**
 * Compiles the text after the `~` of a route's path. It has no flags, is not anchored unless it says so itself, and is
 * run on the canonical path with the hex digits of escapes in capitals. Throws TypeError if it is empty or malformed.
 */
export function parseRegex(source: string): RegexPattern {
  if (source === "") throw new TypeError("expected a regular expression after ~, found nothing");
  // Escapes in the source get capitals too, like those of the path.
  const text = matchForm(source);
  return {
    kind: "regex",
    source,
    expression: compile(text),
    names: groupsOf(text),
    literalPrefix: literalPrefix(text),
  };
}

function compile(source: string): RegExp {
  try {
    return new RegExp(source);
  } catch (error) {
    const reason = (error instanceof Error ? error.message : String(error)).replace(
      /^Invalid regular expression: /,
      "",
    );
    throw new TypeError(`expected a regular expression after ~, found ${JSON.stringify(source)}: ${reason}`);
  }
}

/** An expression with an empty alternative matches the empty text, and so shows its groups. */
function groupsOf(source: string): string[] {
  const match = new RegExp(`${source}|`).exec("");
  const names = Object.keys(match?.groups ?? {});
  if (names.includes("__proto__")) throw new TypeError('a group cannot be named "__proto__"');
  for (let group = 1; group < (match?.length ?? 1); group++) names.push(String(group));
  return names;
}

/** The plain text right after "^"; an alternative anywhere makes it uncertain, so then there is none. */
function literalPrefix(source: string): string {
  if (source.includes("|")) return "";
  const text = PLAIN_START.exec(source)?.[1] ?? "";
  const isLastOptional = /[*?{]/.test(source.charAt(text.length + 1));
  return isLastOptional ? text.slice(0, -1) : text;
}

const PLAIN_START = /^\^([\w/%:@!&',;=~-]*)/;
