import { GatewayError } from "../../src/plugin.ts";

/** Lists and objects within each other, at most: who reads deeper ones may run out of stack. */
export const DEEPEST_JSON = 100;

const QUOTE = 34;
const BACKSLASH = 92;
const COLON = 58;

/**
 * The value of a JSON text. Throws `bad_request` for one that is malformed, nested too deep, or has a name twice in one object: of two values
 * readers take different ones.
 */
export function parseJson(text: string): unknown {
  const isTwice = scan(text);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new GatewayError("bad_request", { detail: "The body is not valid JSON", cause });
  }
  if (isTwice) throw new GatewayError("bad_request", { detail: "A name occurs twice in an object of the body" });
  return value;
}

/** Whether a name occurs twice; means something only if the text is valid. */
function scan(text: string): boolean {
  const open: (Set<string> | undefined)[] = [];
  let isTwice = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) {
      const end = endOfString(text, i);
      if (text.charCodeAt(afterBlanks(text, end + 1)) === COLON) {
        const name = nameIn(text.slice(i, end + 1));
        const names = open[open.length - 1];
        if (names === undefined) open[open.length - 1] = new Set([name]);
        else if (names.has(name)) isTwice = true;
        else names.add(name);
      }
      i = end;
    } else if (code === 0x7b || code === 0x5b) {
      if (open.length === DEEPEST_JSON) {
        throw new GatewayError("bad_request", { detail: `The body is nested deeper than ${DEEPEST_JSON} levels` });
      }
      open.push(undefined);
    } else if (code === 0x7d || code === 0x5d) open.pop();
  }
  return isTwice;
}

function endOfString(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) return i;
    if (code === BACKSLASH) i++;
  }
  return text.length;
}

function afterBlanks(text: string, start: number): number {
  let i = start;
  while (i < text.length && text.charCodeAt(i) <= 0x20) i++;
  return i;
}

/** As it is meant, not as it is escaped. */
function nameIn(quoted: string): string {
  if (!quoted.includes("\\")) return quoted;
  try {
    return JSON.stringify(JSON.parse(quoted));
  } catch {
    return quoted;
  }
}

const decoder = new TextDecoder("utf-8", { fatal: true });

/** The text of a body. Throws `bad_request` for what is no UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new GatewayError("bad_request", { detail: "The body is not in UTF-8", cause });
  }
}
