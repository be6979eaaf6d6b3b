import { isObject, type Json } from "./json.ts";

/** The value as YAML 1.2, in blocks; texts that could be read as anything else are in double quotes, as JSON has them. */
export function yamlText(value: Json): string {
  const lines: string[] = [];
  if (isLeaf(value)) lines.push(leaf(value));
  else write(value, "", "", lines);
  return `${lines.join("\n")}\n`;
}

/** Writes a map or a list that is not empty; `lead` stands in place of the indent on the first of its lines. */
function write(value: Json, indent: string, lead: string, lines: string[]): void {
  let start = lead;
  const entry = (label: string, inner: Json, marker: string) => {
    if (isLeaf(inner)) lines.push(`${start}${label}${marker}${leaf(inner)}`);
    else if (label === "-") write(inner, `${indent}  `, `${start}- `, lines);
    else {
      lines.push(`${start}${label}`);
      write(inner, `${indent}  `, `${indent}  `, lines);
    }
    start = indent;
  };
  if (Array.isArray(value)) for (const item of value) entry("-", item, " ");
  else if (isObject(value)) for (const [key, inner] of Object.entries(value)) entry(`${keyText(key)}:`, inner, " ");
}

function isLeaf(value: Json): boolean {
  return typeof value !== "object" || value === null || Object.keys(value).length === 0;
}

function leaf(value: Json): string {
  if (typeof value === "string") return isPlain(value) ? value : quoted(value);
  if (Array.isArray(value)) return "[]";
  return isObject(value) ? "{}" : String(value);
}

function keyText(key: string): string {
  return isPlain(key) ? key : quoted(key);
}

/** Words that begin with a letter or a slash, and mean nothing else in YAML 1.1 either. */
function isPlain(text: string): boolean {
  return PLAIN.test(text) && !WORDS.test(text);
}

const PLAIN = /^(?:[A-Za-z_/][A-Za-z0-9_./-]*)(?: [A-Za-z0-9_./(][A-Za-z0-9_./(),-]*)*$/;
const WORDS = /^(?:true|false|null|yes|no|on|off|y|n)$/i;

/** JSON's own form is YAML's, but for line ends that JSON lets stand as they are. */
function quoted(text: string): string {
  return JSON.stringify(text).replace(/[\u0085\u2028\u2029\ufeff]/g, (char) => {
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}
