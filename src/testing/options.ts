import { join } from "node:path";
import type { Static, TSchema } from "@sinclair/typebox";
import { deepFreeze } from "../config/freeze.ts";
import { toNode } from "../config/node.ts";
import { createSource } from "../config/source.ts";
import { validate } from "../config/validate.ts";
import type { Plugin } from "../plugin.ts";

/** Options as in the YAML, checked and decoded as a configuration's are. Throws an Error that names every problem. */
export function decodeOptions<O extends TSchema>(
  { name, options: schema }: Plugin<O>,
  options: Readonly<Record<string, unknown>>,
  directory: string,
): Static<O> {
  const place = { source: createSource("options", join(directory, "options"), ""), offset: 0 };
  const { value, problems } = validate(schema, toNode(options, place));
  if (problems.length === 0) return deepFreeze(value) as Static<O>;
  const lines = problems.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`));
  throw new Error(`the options of ${name} are not valid: ${lines.join("; ")}`);
}
