import { readFile } from "node:fs/promises";
import type { TSchema } from "@sinclair/typebox";
import { parseDocumentText } from "./document.ts";
import { type Environment, replaceVariables } from "./env.ts";
import { reasonOf } from "./file-path.ts";
import { type MapNode, type Node, toNode } from "./node.ts";
import { fileProblem, type Problem } from "./problem.ts";
import { createSource } from "./source.ts";
import { validate } from "./validate.ts";

/** One file, read and checked by itself. */
export interface LoadedFile {
  /** As people see it in problems. */
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  /** The content; an empty map if the file could not be read or parsed. */
  readonly root: MapNode;
  /** Decoded; what is not valid is left out. */
  readonly value: Readonly<Record<string, unknown>>;
  readonly problems: readonly Problem[];
  /** Nodes in which there is a problem. */
  readonly invalid: ReadonlySet<Node>;
  /** False if there is no text of it. */
  readonly isRead: boolean;
  /** False if the file could not be read or parsed: nobody knows what it would have said. */
  readonly isReadable: boolean;
}

/** Begins the names of keys that mean nothing to the gateway. */
export const NOTE_PREFIX = "x-";

/** Reads a file, replaces its variables and checks it against the schema. Problems are returned, never thrown. */
export async function loadFile(name: string, path: string, schema: TSchema, env: Environment): Promise<LoadedFile> {
  const text = await readText(path);
  if (typeof text !== "string")
    return unreadableFile(name, path, [fileProblem(name, `cannot be read: ${text.reason}`)]);
  const source = createSource(name, path, text);
  const { root: parsed, problems } = parseDocumentText(source);
  if (parsed === undefined) return unreadableFile(name, path, problems, text);
  const all = [...problems];
  const root = replaceVariables(isEmpty(parsed) ? toNode({}, parsed) : withoutNotes(parsed), env, all);
  const { value, problems: found, invalid } = validate(schema, root);
  all.push(...found);
  if (root.kind !== "map") return unreadableFile(name, path, all, text);
  return {
    name,
    path,
    root,
    value: value as LoadedFile["value"],
    problems: all,
    invalid,
    isRead: true,
    isReadable: true,
  };
}

/** The text of a file, or why there is none. */
export async function readText(path: string): Promise<string | { readonly reason: string }> {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(await readFile(path));
  } catch (error) {
    return { reason: error instanceof TypeError ? "it is not UTF-8 text" : reasonOf(error) };
  }
}

function unreadableFile(name: string, path: string, problems: readonly Problem[], text?: string): LoadedFile {
  const root: MapNode = { kind: "map", entries: [], source: createSource(name, path, text ?? ""), offset: 0 };
  const isRead = text !== undefined;
  return { name, path, root, value: {}, problems, invalid: new Set(), isRead, isReadable: false };
}

/** Top-level keys that begin with `x-` are the user's own: a place for anchors. */
function withoutNotes(root: Node): Node {
  if (root.kind !== "map") return root;
  return { ...root, entries: root.entries.filter(({ key }) => !key.startsWith(NOTE_PREFIX)) };
}

function isEmpty(node: Node): boolean {
  return node.kind === "scalar" && node.value === null;
}
