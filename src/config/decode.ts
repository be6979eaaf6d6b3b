import { join } from "node:path";
import type { TSchema } from "@sinclair/typebox";
import { toNode } from "./node.ts";
import { createSource } from "./source.ts";
import { validate } from "./validate.ts";

export type Decoded =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly problems: readonly string[] };

/**
 * Decodes a plain value as if it were written in a file of that folder: defaults filled in, units as numbers, file
 * paths absolute. The problems are `PATH: MESSAGE`. For options that come from code: a plugin's tests, for example.
 */
export function decodeValue(schema: TSchema, value: unknown, directory: string): Decoded {
  const source = createSource("options", join(directory, "options"), "");
  const result = validate(schema, toNode(value, { source, offset: 0 }));
  if (result.problems.length === 0) return { ok: true, value: result.value };
  const problems = result.problems.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`));
  return { ok: false, problems };
}
