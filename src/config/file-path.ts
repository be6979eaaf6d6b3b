import { accessSync, constants, statSync } from "node:fs";
import { resolve } from "node:path";
import { Kind, type TUnsafe, Type, TypeRegistry } from "@sinclair/typebox";

const KIND = "FilePath";

interface FilePathOptions {
  readonly default?: string;
  readonly description?: string;
}

/** The path of a file, relative to the file it is written in; in the code it is absolute, and the file was readable. */
export const FilePath = (options: FilePathOptions = {}): TUnsafe<string> =>
  Type.Unsafe<string>({ ...options, [Kind]: KIND, type: "string", minLength: 1 });

/** Why a file cannot be read, in words; undefined if it can. `path` is absolute. */
export function unreadable(path: string): string | undefined {
  try {
    if (statSync(path).isDirectory()) return "it is a folder";
    accessSync(path, constants.R_OK);
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}

/** An error of the file system in words. */
export function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : undefined;
  if (code === "ENOENT") return "there is no such file";
  if (code === "EACCES" || code === "EPERM") return "reading it is not permitted";
  if (code === "EISDIR") return "it is a folder";
  if (code === "ENOTDIR") return "a part of its path is no folder";
  return code ?? "reading it failed";
}

/** The absolute path of what is written in a file of that folder. */
export function absolutePath(directory: string, written: string): string {
  return resolve(directory, written);
}

TypeRegistry.Set(KIND, (_schema, value) => typeof value === "string" && value !== "");
