/**
 * An object of JSON, frozen with all that is in it, in which no name occurs twice: of two values readers take different
 * ones (RFC 7515 §4, RFC 7519 §4). Throws SyntaxError.
 */
export function parseStrictObject(text: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(text, (_, part) => Object.freeze(part));
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new SyntaxError("expected an object");
  if (hasDuplicateName(text)) throw new SyntaxError("a name occurs twice");
  return value as Record<string, unknown>;
}

/** A string with what may follow it as a name, or a bracket. The text is valid JSON, so nothing else has to be told apart. */
const TOKEN = /"(?:[^"\\]|\\.)*"(\s*:)?|[{}]/g;

/** Names are compared as they are meant, not as they are escaped. */
function hasDuplicateName(text: string): boolean {
  const open: Set<string>[] = [];
  for (const [token, colon] of text.matchAll(TOKEN)) {
    if (token === "{") open.push(new Set());
    else if (token === "}") open.pop();
    else if (colon !== undefined) {
      const name: string = JSON.parse(token.slice(0, token.length - colon.length));
      const names = open.at(-1);
      if (names?.has(name) === true) return true;
      names?.add(name);
    }
  }
  return false;
}
