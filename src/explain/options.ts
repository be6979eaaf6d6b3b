import type { TSchema } from "@sinclair/typebox";
import { entryOf, type MapEntry, type Node } from "../config/node.ts";
import { type Place, positionOf } from "../config/source.ts";
import type { OptionReport } from "./report.ts";

/** Names of options, and of headers among their values, whose values are secrets wherever they come from. */
const SECRET = /secret|password|passphrase|credential|private|^token$|api-?key|^authorization$|^cookie$|^users$/i;
/** At the top these are names, and where a token is found. */
const NAMES = /^(?:cookie|token)$/;

const HIDDEN = "(hidden)";

/** As people write it: `gateway.yaml:12`. */
export function placeText(place: Place | undefined): string {
  return place === undefined ? "" : `${place.source.name}:${positionOf(place).line}`;
}

/** The options of a plugin: those that are written, with their places, then the defaults. */
export function optionsOf(schema: TSchema, entry: MapEntry | undefined): readonly OptionReport[] {
  const properties = Object.entries((schema.properties ?? {}) as Readonly<Record<string, TSchema>>);
  const written = entry?.value.kind === "map" ? entry.value.entries : [];
  const given = written.map(({ key, place, value }) => ({
    name: key,
    value: SECRET.test(key) && !NAMES.test(key) ? hidden(value) : shown(value),
    place: placeText(place),
  }));
  const presets = properties.flatMap(([name, { default: value }]): readonly OptionReport[] =>
    value === undefined || entryOf(entry?.value, name) !== undefined ? [] : [{ name, value }],
  );
  return [...given, ...presets];
}

/** What came from a variable or a file is shown by its name. */
function shown(node: Node): unknown {
  if (node.kind === "list") return node.items.map(shown);
  if (node.kind === "map") {
    return Object.fromEntries(
      node.entries.map(({ key, value }) => [key, SECRET.test(key) ? hidden(value) : shown(value)]),
    );
  }
  if (node.variables.length > 0) return node.variables.join("");
  return typeof node.value === "string" ? withoutSecrets(node.value) : node.value;
}

function hidden(node: Node): unknown {
  if (node.kind === "list") return node.items.map(hidden);
  if (node.kind === "map") return Object.fromEntries(node.entries.map(({ key, value }) => [key, hidden(value)]));
  // A variable's default may be a secret too.
  if (node.variables.length > 0) return node.variables.map((name) => name.replace(/:[-?].*(?=\}$)/s, "")).join("");
  return typeof node.value === "boolean" ? node.value : HIDDEN;
}

function withoutSecrets(text: string): string {
  if (text.includes("-----BEGIN ")) return "(PEM text)";
  return text.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@\s]*@/i, "$1***@");
}
