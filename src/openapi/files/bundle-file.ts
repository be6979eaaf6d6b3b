import type { DocumentLocation } from "../../config/openapi-location.ts";
import { isObject, type Json } from "../json.ts";
import { referencePlaces } from "../reference-places.ts";
import { bundle } from "./bundle.ts";
import { FileLoader } from "./file-loader.ts";
import { readFile } from "./read-file.ts";
import { rootOf } from "./resolve.ts";

const BOUNDS = { maxBytes: 64 * 1_048_576, timeoutMs: 30_000 };
/** Nobody is asked for files. */
const NOBODY = { send: () => Promise.reject(new Error("nobody is asked")), targetCount: () => 0 };

/** A document in a file, with the files in its folder and below that it refers to; itself if it refers to none. Throws Error. */
export async function bundleFile(document: Json, file: string): Promise<Json> {
  const leadsOut = [...referencePlaces(document).keys()].some((ref) => !ref.startsWith("#"));
  if (!leadsOut || !isObject(document)) return document;
  const location: DocumentLocation = { file, headers: {} };
  const loader = new FileLoader(location, NOBODY, { ...BOUNDS, signal: AbortSignal.timeout(BOUNDS.timeoutMs) });
  return bundle(document, rootOf(location), async (url) => readFile(await loader.load(url)));
}
