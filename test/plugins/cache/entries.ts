import { Entry } from "../../../plugins/cache/entry.ts";
import { storageTerms } from "../../../plugins/cache/rules/storable.ts";
import { HeaderList } from "../../../src/message/headers.ts";

const POLICY = {
  ttlOf: () => undefined,
  heuristic: { fraction: 0, maxMs: 0 },
  staleWhileRevalidateMs: 0,
  staleIfErrorMs: 0,
  isKeyedByPrincipal: false,
  storesCookies: false,
};

/** A stored reply of the owner "r", fresh for a minute, to requests with this key of what it varies by. */
export function entryOf(receivedMs: number, varyKey = "", vary = "", bytes = 7): Entry {
  const date = new Date(receivedMs).toUTCString();
  const headers = new HeaderList(["cache-control", "max-age=60", "date", date, "vary", vary]);
  const at = { requestMs: receivedMs, responseMs: receivedMs };
  const terms = storageTerms({ noStore: false, hasAuthorization: false }, { status: 200, headers }, at, POLICY);
  if (typeof terms === "string") throw new Error(terms);
  const stored = {
    selection: { owner: "r", own: "", varyKey },
    terms,
    status: 200,
    reason: "OK",
    validators: { etag: undefined, lastModified: undefined, dateMs: receivedMs },
    tags: [],
    isAuthorized: false,
    receivedMs,
  };
  return Entry.of(stored, headers, [Buffer.alloc(bytes, "content")], bytes);
}
