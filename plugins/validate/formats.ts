import type { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

type FormatCheck = (text: string) => boolean;

/** Formats whose usual checks take long for long texts, in a way that takes about a nanosecond a character. */
const OWN: Readonly<Record<string, FormatCheck>> = {
  email: isEmail,
  hostname: isHostname,
  uri: (text) => /^[a-z][a-z\d+.-]*:/i.test(text) && isReference(text),
  url: (text) => /^(?:https?|ftp):\/\//i.test(text) && isReference(text),
  "uri-reference": isReference,
  "uri-template": (text) => /^[^\s"<>\\^`|]*$/.test(text) && areBracesPaired(text),
  "json-pointer": (text) => (text === "" || text.startsWith("/")) && !/~(?![01])/.test(text),
  byte: (text) => text.length % 4 === 0 && /^[A-Za-z\d+/]*={0,2}$/.test(text),
  // Elysia writes these for what it takes from texts.
  integer: (text) => /^-?\d+$/.test(text),
  numeric: (text) => /^-?\d+(?:\.\d+)?$/.test(text),
  boolean: (text) => text === "true" || text === "false",
};

/** Longest text of a format that is not one of these; a longer one is none of it. */
const LONGEST = 256;
/** They say something of numbers, or nothing at all. */
const UNBOUNDED = new Set(["binary", "password", "int32", "int64", "float", "double"]);

/** All formats that are known (JSON Schema 2020-12 §7.3, OpenAPI's registry), each in linear time. Others say nothing. */
export function addAllFormats(ajv: Ajv2020): void {
  addFormats.default(ajv);
  for (const [name, format] of Object.entries(ajv.formats)) {
    if (UNBOUNDED.has(name)) continue;
    const check = format instanceof RegExp ? (text: string) => format.test(text) : checkOf(format);
    if (check !== undefined) ajv.addFormat(name, (text: string) => text.length <= LONGEST && check(text));
  }
  // A larger one is read as what it is not; the largest one is read as 2^63.
  ajv.addFormat("int64", {
    type: "number",
    validate: (value) => Number.isInteger(value) && value >= -(2 ** 63) && value <= 2 ** 63,
  });
  for (const [name, check] of Object.entries(OWN)) ajv.addFormat(name, check);
}

function checkOf(format: unknown): FormatCheck | undefined {
  if (typeof format === "function") return format as FormatCheck;
  if (typeof format !== "object" || format === null || !("validate" in format)) return undefined;
  const { validate } = format;
  if (validate instanceof RegExp) return (text) => validate.test(text);
  return typeof validate === "function" ? (validate as FormatCheck) : undefined;
}

/** RFC 5321 §4.1.2, without quoted local parts and literal addresses. */
function isEmail(text: string): boolean {
  const at = text.lastIndexOf("@");
  if (at < 1 || at > 64) return false;
  const local = text.slice(0, at);
  const isLocal = /^[\w.!#$%&'*+/=?^`{|}~-]+$/.test(local) && !local.includes("..") && !/^\.|\.$/.test(local);
  return isLocal && isHostname(text.slice(at + 1));
}

/** RFC 1123 §2.1. */
function isHostname(text: string): boolean {
  if (text.length > 253) return false;
  return text.split(".").every((label) => {
    return /^[a-z\d-]{1,63}$/i.test(label) && !label.startsWith("-") && !label.endsWith("-");
  });
}

/** The characters of RFC 3986, and escapes that are whole. */
function isReference(text: string): boolean {
  return /^[\w\-.~:/?#[\]@!$&'()*+,;=%]*$/.test(text) && !/%(?![\da-f]{2})/i.test(text);
}

function areBracesPaired(text: string): boolean {
  let isOpen = false;
  for (const char of text) {
    if (char === "{") {
      if (isOpen) return false;
      isOpen = true;
    } else if (char === "}") {
      if (!isOpen) return false;
      isOpen = false;
    }
  }
  return !isOpen;
}
