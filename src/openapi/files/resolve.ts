import { pathToFileURL } from "node:url";
import type { DocumentLocation } from "../../config/openapi-location.ts";

/** Stands for the service itself: its files are asked for by their paths. */
const SERVICE = "http://service.invalid";
/** Longer than any that somebody writes. */
const MOST_LENGTH = 2_000;

/** Where a reference leads: a file, as a URL without its fragment, and the fragment as it is written there; or why nobody follows it. */
export type Resolved =
  | { readonly file: string; readonly fragment: string; readonly fault?: undefined }
  | { readonly fault: string };

/** The place of a document as a URL, to which its references are relative (RFC 3986 §5.1.3). */
export function rootOf({ path, url, file }: DocumentLocation): string {
  if (file !== undefined) return pathToFileURL(file).href;
  // Joined as texts: a path that begins with two slashes would be taken for a host.
  return withoutFragment(path === undefined ? (url ?? "") : `${SERVICE}${path}`);
}

/**
 * Where a reference in the file `base` leads. Only files of the same service count: of the same origin as `root`, or in the folder
 * of `root` where that is a file. Whoever writes a document could send the gateway anywhere else.
 */
export function resolveReference(ref: string, base: string, root: string): Resolved {
  const url = ref.length > MOST_LENGTH ? null : URL.parse(ref, base);
  if (url === null) return { fault: "it is no reference" };
  const fragment = url.hash.slice(1);
  url.hash = "";
  const file = url.href;
  if (file === root) return { file, fragment };
  const fault = root.startsWith("file:") ? faultOfFile(file, root) : faultOfUrl(url, root);
  return fault === undefined ? { file, fragment } : { fault };
}

/** For people: a path of the service, a path below the folder of the document, or the URL without its query. */
export function shownFile(file: string, root: string): string {
  if (root.startsWith("file:")) return decodeURI(file.slice(folderOf(root).length));
  const { origin, pathname, search } = new URL(file);
  return origin === SERVICE ? `${pathname}${search}` : `${origin}${pathname}`;
}

/** Where a file of the document at `main` is asked for: as that is, with the same headers. */
export function locationOf(file: string, { path, headers }: DocumentLocation): DocumentLocation {
  if (path === undefined) return { url: file, headers };
  const { pathname, search } = new URL(file);
  return { path: `${pathname}${search}`, headers };
}

function faultOfUrl(url: URL, root: string): string | undefined {
  if (url.origin !== new URL(root).origin) return "it leads to another host, which is not asked";
  return url.username === "" && url.password === "" ? undefined : "it has credentials";
}

/** Symbolic links are looked at when the file is read. */
function faultOfFile(file: string, root: string): string | undefined {
  const folder = folderOf(root);
  // An encoded slash would be one to nobody but the file system.
  const isBelow = file.startsWith(folder) && !/%(2f|5c|00)/i.test(file);
  return isBelow ? undefined : "it leads out of the folder of the document";
}

/** With its slash. */
function folderOf(file: string): string {
  return file.slice(0, file.lastIndexOf("/") + 1);
}

function withoutFragment(text: string): string {
  const url = new URL(text);
  url.hash = "";
  return url.href;
}
