import { headerName } from "../../src/plugin.ts";

/** What the gateway itself tells the service that decides; a client's own cannot be chosen instead. */
const TOLD = new Set(["x-forwarded-method", "x-forwarded-uri", "x-request-id"]);
/** What says how the body is to be read. */
const NEVER_COPIED = new Set(["content-encoding", "content-type", "content-length"]);

/** Headers of the request that the deciding service gets. Throws Error for one that it cannot get. */
export function requestNames(written: readonly string[]): readonly string[] {
  return written.map((text) => {
    const name = headerName("request-headers", text);
    if (TOLD.has(name)) throw new Error(`request-headers: the gateway itself sends ${name}`);
    return name;
  });
}

/** Headers of a yes that the service gets. Throws Error for one that would change the request itself. */
export function responseNames(written: readonly string[]): readonly string[] {
  return written.map((text) => {
    const name = headerName("response-headers", text);
    if (NEVER_COPIED.has(name)) throw new Error(`response-headers: ${name} belongs to the request's own body`);
    return name;
  });
}

/** Headers of a no that the client gets. Throws Error for one that is about the connection. */
export function replyNames(written: readonly string[]): ReadonlySet<string> {
  return new Set(written.map((text) => headerName("reply-headers", text)));
}
