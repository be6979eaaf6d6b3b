import type { CacheOptions } from "./options.ts";

/** What of a request makes its URL. */
export interface UrlParts {
  readonly scheme: string;
  readonly host: string;
  readonly path: string;
  /** Without "?". */
  readonly query: string | undefined;
}

/** The key of a URL: requests with the same one ask for the same. */
export type UrlKey = (parts: UrlParts) => string;

/** Makes the key by which parameters of the query tell requests apart. */
export function compileUrlKey(query: CacheOptions["key"]["query"]): UrlKey {
  const kept = queryFilter(query);
  if (kept === undefined) return wholeUrl;
  return ({ scheme, host, path, query: text }) => {
    const filtered = text === undefined ? "" : filterQuery(text, kept);
    return `${scheme}://${withoutDefaultPort(scheme, host)}${path}?${filtered}`;
  };
}

// No host has "/", and no path "?": parts are never taken for others.
const wholeUrl: UrlKey = ({ scheme, host, path, query }) => {
  const origin = withoutDefaultPort(scheme, host);
  return query === undefined ? `${scheme}://${origin}${path}` : `${scheme}://${origin}${path}?${query}`;
};

/** With and without it a URL is the same, and a purge of one is about both (RFC 9110 §4.2.3). */
function withoutDefaultPort(scheme: string, host: string): string {
  if (scheme === "http") return host.endsWith(":80") ? host.slice(0, -3) : host;
  return host.endsWith(":443") ? host.slice(0, -4) : host;
}

function queryFilter(query: CacheOptions["key"]["query"]): ((name: string) => boolean) | undefined {
  if (query === undefined) return undefined;
  if (Array.isArray(query)) {
    const names = new Set<string>(query);
    return (name) => names.has(name);
  }
  const without = new Set(query.without);
  return (name) => !without.has(name);
}

/** The parameters that are kept, as they came, in the order of their names; those of one name stay in theirs. */
function filterQuery(query: string, kept: (name: string) => boolean): string {
  const pairs: { readonly name: string; readonly text: string }[] = [];
  for (const text of query.split("&")) {
    const name = nameOf(text);
    if (text !== "" && kept(name)) pairs.push({ name, text });
  }
  pairs.sort((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name)));
  return pairs.map(({ text }) => text).join("&");
}

function nameOf(pair: string): string {
  const equals = pair.indexOf("=");
  const name = equals === -1 ? pair : pair.slice(0, equals);
  if (!name.includes("%") && !name.includes("+")) return name;
  try {
    return decodeURIComponent(name.replaceAll("+", " "));
  } catch {
    // No UTF-8: it is no name of the configuration.
    return name;
  }
}
