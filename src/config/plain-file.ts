import { relative } from "node:path";
import { parseDocumentText } from "./document.ts";
import { readText } from "./load-file.ts";
import { toValue } from "./node.ts";
import { formatProblem } from "./report.ts";
import { createSource } from "./source.ts";

/**
 * What is in a JSON or YAML file, as it stands: no variables are replaced. `path` is absolute; people see it relative to `directory`.
 * Throws Error with every problem at its place.
 */
export async function readPlainFile(path: string, directory: string): Promise<unknown> {
  const shown = relative(directory, path);
  const text = await readText(path);
  if (typeof text !== "string") throw new Error(`${shown} cannot be read: ${text.reason}`);
  if (/^\s*[{[]/.test(text)) {
    try {
      // Most large documents are JSON, and this is far quicker.
      return JSON.parse(text);
    } catch {
      // The other parser says where the mistake is, and takes YAML that begins like JSON.
    }
  }
  const { root, problems } = parseDocumentText(createSource(shown, path, text));
  const errors = problems.filter(({ severity }) => severity === "error");
  if (root !== undefined && errors.length === 0) return toValue(root);
  const lines = errors.map((problem) => formatProblem({ ...problem, excerpt: undefined }, false).trimEnd());
  throw new Error(lines.join("\n  "));
}
