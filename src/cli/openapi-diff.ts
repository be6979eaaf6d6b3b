import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { reasonOf } from "../config/file-path.ts";
import { counted } from "../config/report.ts";
import type { Change } from "../openapi/diff/change.ts";
import { diffDocuments } from "../openapi/diff/diff.ts";
import type { JsonObject } from "../openapi/json.ts";
import { readDocument } from "../openapi/read.ts";
import type { CliIo } from "./io.ts";

/** Compares two files. 0 without a breaking change, 1 with one or if a file cannot be read; a text if it is not understood. */
export async function openapiDiff(args: readonly string[], io: CliIo): Promise<number | string> {
  const [before, after, ...rest] = args;
  if (before === undefined || after === undefined || rest.length > 0) return "diff needs two files";
  const [old, next] = [await read(before, io), await read(after, io)];
  if (old === undefined || next === undefined) return 1;
  const changes = diffDocuments(old, next);
  const breaking = changes.filter(({ isBreaking }) => isBreaking);
  const others = changes.filter(({ isBreaking }) => !isBreaking);
  if (breaking.length > 0) io.out(`${counted(breaking.length, "breaking change")}\n${breaking.map(lineOf).join("")}\n`);
  if (others.length > 0) io.out(`${counted(others.length, "other change")}\n${others.map(lineOf).join("")}`);
  if (changes.length === 0) io.out("nothing has changed for clients\n");
  return breaking.length > 0 ? 1 : 0;
}

async function read(file: string, io: CliIo): Promise<JsonObject | undefined> {
  const bytes = await readFile(resolve(io.cwd, file)).catch((error: unknown) => reasonOf(error));
  try {
    if (typeof bytes !== "string") return readDocument(bytes).document;
    io.err(`${file}: ${bytes}\n`);
  } catch (error) {
    io.err(`${file}: ${error instanceof Error ? error.message : String(error)}\n`);
  }
  return undefined;
}

function lineOf({ operation, part, message }: Change): string {
  return `  ${operation}${part === "" ? "" : `, ${part}`}: ${message}\n`;
}
