import { absolutePath } from "./file-path.ts";
import type { ServiceConfig } from "./schema.ts";

/** Where the document of a service is, in one form: one of path, url and file; the file's path is absolute. */
export interface DocumentLocation {
  readonly path?: string;
  readonly url?: string;
  readonly file?: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A location as it is written; relative files start in that folder. False: there is to be none. */
export function documentLocation(
  written: NonNullable<ServiceConfig["openapi"]>,
  directory: string,
): DocumentLocation | false {
  if (written === false) return false;
  if (typeof written !== "string") {
    const { file } = written;
    return file === undefined ? written : { ...written, file: absolutePath(directory, file) };
  }
  if (written.startsWith("/")) return { path: written, headers: {} };
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(written)) return { url: written, headers: {} };
  return { file: absolutePath(directory, written), headers: {} };
}
