import { canonicalPath, GatewayError, type Scope } from "../../../src/plugin.ts";
import type { PurgeTarget } from "./purge.ts";
import type { Purging } from "./purging.ts";

/** Serves DELETE /api/cache: the query says what is purged. */
export function addEndpoint({ admin }: Pick<Scope, "admin">, purging: Purging): void {
  admin.delete("/cache", async ({ request }) => {
    const query = new URL(request.url).searchParams;
    const isSoft = readSoft(query.get("soft"));
    const urls = await purging.purge({ target: readTarget(query), isSoft });
    return Response.json({ purged: urls });
  });
}

function readTarget(query: URLSearchParams): PurgeTarget {
  const named = ["url", "key", "prefix", "tag", "all"].filter((name) => query.has(name));
  const [kind, other] = named;
  const unknown = [...query.keys()].find((name) => name !== "soft" && !named.includes(name));
  if (kind === undefined || other !== undefined || unknown !== undefined || query.getAll(kind).length > 1) {
    throw bad("expected one of url, key, prefix, tag and all in the query, and soft=true beside it");
  }
  const value = query.get(kind) ?? "";
  if (kind === "all") return value === "true" ? { kind } : fail("all: expected true");
  if (value === "") throw bad(`${kind}: expected a value`);
  if (kind === "key") return { kind, key: value };
  if (kind === "tag") return { kind, tag: value };
  const url = readUrl(value);
  if (url === undefined) throw bad(`${kind}: expected a URL such as http://shop.example.com/items/1, found ${value}`);
  return kind === "prefix" ? { kind: "prefix", prefix: value } : { kind: "url", url };
}

function readSoft(value: string | null): boolean {
  if (value === null || value === "false") return false;
  return value === "true" || fail("soft: expected true or false");
}

/** As requests have it: the host in small letters, the path in its one form. */
function readUrl(text: string) {
  const match = /^(https?):\/\/([^/?#]+)(\/[^?#]*)?(?:\?([^#]*))?$/i.exec(text);
  if (match === null) return undefined;
  const [, scheme = "", host = "", path = "/", query] = match;
  const canonical = canonicalPath(path);
  if (canonical === undefined) return undefined;
  return { scheme: scheme.toLowerCase(), host: host.toLowerCase(), path: canonical, query };
}

function bad(detail: string): GatewayError {
  return new GatewayError("bad_request", { detail });
}

function fail(detail: string): never {
  throw bad(detail);
}
