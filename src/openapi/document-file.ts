import { relative } from "node:path";
import { readPlainFile } from "../config/plain-file.ts";
import type { Json } from "./json.ts";
import { OperationTable } from "./operation-table.ts";

/**
 * The operations of a document in a file and those that it refers to, of any version, in JSON or YAML. `path` is absolute, people see it relative to
 * `directory`. Throws Error.
 *
 * @param service whose document it is
 */
export async function readOperations(path: string, directory: string, service: string): Promise<OperationTable> {
  // Loaded when somebody needs it: most gateways never do.
  const [{ upgraded }, { bundleFile }] = await Promise.all([import("./upgrade.ts"), import("./files/bundle-file.ts")]);
  const value = (await readPlainFile(path, directory)) as Json;
  try {
    return new OperationTable(service, upgraded(await bundleFile(value, path)));
  } catch (error) {
    throw new Error(`${relative(directory, path)}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
