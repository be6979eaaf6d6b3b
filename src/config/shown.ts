import { below, type KeyPath, pathText } from "./key-path.ts";
import type { LoadedFile } from "./load-file.ts";
import { entryOf, type Node, type ScalarNode } from "./node.ts";
import { areSecrets, isSecretKey } from "./secret-key.ts";
import { type Place, positionOf } from "./source.ts";

/** A configuration as it is written, for people: variables by their names, secrets left out. */
export interface ShownConfig {
  readonly configuration: Readonly<Record<string, unknown>>;
  /** Where each key is written: `services.users.targets` → `services/users.yaml:3`. Values in a list are where their list is. */
  readonly places: Readonly<Record<string, string>>;
}

const HIDDEN = "[redacted]";
const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY/;
const USER_INFO = /(\/\/)[^/?#\s]*@/g;
/** A variable's default is written in the file: it may be the secret itself. */
const DEFAULT = /\$\{\w+:-/;
const IN_PARTS = ["services", "routes"];

/** Shows the files of one configuration as one, the main file first. */
export function showConfig(files: readonly LoadedFile[]): ShownConfig {
  const configuration: Record<string, unknown> = {};
  const places: Record<string, string> = {};
  const services: Record<string, unknown> = {};
  const routes: unknown[] = [];
  for (const { key, place, value } of files[0]?.root.entries ?? []) {
    if (IN_PARTS.includes(key)) continue;
    configuration[key] = shown(value, key);
    note(places, below(undefined, key), place, value);
  }
  for (const { root } of files) {
    const map = entryOf(root, "services")?.value;
    for (const { key, place, value } of map?.kind === "map" ? map.entries : []) {
      services[key] = shown(value, key);
      note(places, below(undefined, "services", key), place, value);
    }
    const list = entryOf(root, "routes")?.value;
    for (const item of list?.kind === "list" ? list.items : []) {
      note(places, below(undefined, "routes", routes.length), item, item);
      routes.push(shown(item, ""));
    }
  }
  return { configuration: { ...configuration, services, routes }, places };
}

/** Notes the place of a value, and of all that is in it. */
function note(places: Record<string, string>, path: KeyPath | undefined, place: Place, node: Node): void {
  places[pathText(path)] = textOf(place);
  if (node.kind === "map") {
    for (const { key, place: inner, value } of node.entries) note(places, below(path, key), inner, value);
  } else if (node.kind === "list") {
    for (const [i, item] of node.items.entries()) {
      if (item.kind !== "scalar") note(places, below(path, i), item, item);
    }
  }
}

function shown(node: Node, key: string, isSecret = false): unknown {
  if (node.kind === "scalar") return isSecret || isSecretKey(key) ? hidden(node) : plain(node);
  if (node.kind === "list") return node.items.map((item) => shown(item, key, isSecret));
  return Object.fromEntries(
    node.entries.map((entry) => {
      return [entry.key, shown(entry.value, entry.key, isSecret || areSecrets(key, entry.key))];
    }),
  );
}

function plain({ value, written, variables }: ScalarNode): unknown {
  const text = variables.length > 0 ? written : value;
  if (typeof text !== "string") return text;
  return PRIVATE_KEY.test(text) ? HIDDEN : text.replace(USER_INFO, `$1${HIDDEN}@`);
}

/** Names of variables are no secret, switches and an empty text neither. */
function hidden({ value, written, variables }: ScalarNode): unknown {
  if (typeof value === "boolean" || value === null || value === "") return value;
  return variables.length > 0 && variables.join("") === written && !DEFAULT.test(written) ? written : HIDDEN;
}

function textOf(place: Place): string {
  return `${place.source.name}:${positionOf(place).line}`;
}
