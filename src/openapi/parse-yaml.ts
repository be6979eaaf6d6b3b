import { parsePlainYaml } from "../config/document.ts";
import type { Json } from "./json.ts";
import { weightOf } from "./weight.ts";

/** Up to here mistakes are told with their places, and keys that are there twice, by a parser that takes ten times the memory. */
const LONGEST_EXPLAINED = 262_144;
/** What aliases may make of a longer text: so many times its length. */
const MOST_TIMES = 16;

/** The value of a YAML text of a service, every part of it by itself. Throws Error with a text for people. */
export function parseYaml(text: string): Json {
  if (text.length > LONGEST_EXPLAINED) return parseLong(text);
  const parsed = parsePlainYaml(text);
  if ("fault" in parsed) throw malformed(parsed.fault);
  return parsed.value as Json;
}

function parseLong(text: string): Json {
  const value = parsed(text);
  const most = text.length * MOST_TIMES;
  if (weightOf(value, most) > most) throw malformed("its aliases stand for too much");
  // What several aliases stand for is one object so far, which an upgrade would change more than once.
  return JSON.parse(JSON.stringify(value));
}

function parsed(text: string): Json {
  try {
    return (Bun.YAML.parse(text) ?? null) as Json;
  } catch (error) {
    throw malformed(error instanceof Error ? error.message.replace(/^YAML Parse error: /, "") : String(error));
  }
}

function malformed(fault: string): Error {
  return new Error(`it is neither JSON nor YAML: ${fault}`);
}
