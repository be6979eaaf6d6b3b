import type { JsonObject } from "../../src/plugin.ts";

const SAMPLES: ReadonlyMap<string, string> = new Map([
  ["date-time", "2026-01-31T12:00:00Z"],
  ["date", "2026-01-31"],
  ["time", "12:00:00Z"],
  ["duration", "PT1H"],
  ["email", "ada@example.com"],
  ["idn-email", "ada@example.com"],
  ["hostname", "www.example.com"],
  ["idn-hostname", "www.example.com"],
  ["ipv4", "192.0.2.1"],
  ["ipv6", "2001:db8::1"],
  ["uri", "https://www.example.com/"],
  ["url", "https://www.example.com/"],
  ["uri-reference", "/path"],
  ["iri", "https://www.example.com/"],
  ["iri-reference", "/path"],
  ["uri-template", "https://www.example.com/{id}"],
  ["uuid", "6f1e2d3c-4b5a-4978-8897-a6b5c4d3e2f1"],
  ["json-pointer", "/path"],
  ["relative-json-pointer", "0/path"],
  ["regex", "^.*$"],
  ["byte", "dGV4dA=="],
  ["binary", "text"],
  ["password", "secret"],
  ["integer", "1"],
  ["numeric", "1"],
  ["int64", "1"],
  ["boolean", "true"],
]);
const LONGEST = 10_000;

/** A text of that format, or of a pattern that is simple enough, else the property's name; as long as it has to be. */
export function textFor(schema: JsonObject, name: string): string {
  const format = typeof schema.format === "string" ? SAMPLES.get(schema.format) : undefined;
  if (format !== undefined) return format;
  const pattern = typeof schema.pattern === "string" ? matching(schema.pattern) : undefined;
  if (pattern !== undefined) return pattern;
  const least = typeof schema.minLength === "number" ? Math.min(schema.minLength, LONGEST) : 0;
  const most = typeof schema.maxLength === "number" ? schema.maxLength : LONGEST;
  const text = name === "" ? "text" : name;
  return text.padEnd(least, "x").slice(0, Math.max(0, most));
}

/** `^[A-Z]{2}-\d+$`: classes, escapes and characters, each so many times. */
const PART = /\[((?:[^\]\\^]|\\.)(?:[^\]\\]|\\.)*)\]|\\([dwsnrt]|[^A-Za-z0-9])|([^()[\]{}|*+?^$\\.])|(\.)/y;
const TIMES = /\{(\d{1,3})(?:,\d*)?\}\??|[*+?]\??/y;
const CLASSES: Readonly<Record<string, string>> = { d: "0", w: "a", s: " ", n: "\n", r: "\r", t: "\t" };

/** A text for such a pattern; undefined for one with groups, alternatives and the like. */
function matching(pattern: string): string | undefined {
  const body = pattern.replace(/^\^/, "").replace(/(?<!\\)\$$/, "");
  let text = "";
  for (let at = 0; at < body.length; ) {
    PART.lastIndex = at;
    const part = PART.exec(body);
    if (part === null) return undefined;
    at = PART.lastIndex;
    const [written, set, escaped, plain] = part;
    const one =
      set !== undefined ? firstOf(set) : escaped !== undefined ? (CLASSES[escaped] ?? escaped) : (plain ?? "a");
    if (!isOne(one, written)) return undefined;
    TIMES.lastIndex = at;
    const times = TIMES.exec(body);
    if (times !== null) at = TIMES.lastIndex;
    text += one.repeat(times === null || times[0][0] === "+" ? 1 : Number(times[1] ?? 0));
    if (text.length > LONGEST) return undefined;
  }
  return text;
}

/** Each part by itself: an expression for all of them may try more ways than anybody can wait for. */
function isOne(char: string, part: string): boolean {
  try {
    return new RegExp(`^${part}$`, "u").test(char);
  } catch {
    return false;
  }
}

function firstOf(set: string): string {
  const [first = "a", second = ""] = set;
  return first === "\\" ? (CLASSES[second] ?? second) : first;
}
