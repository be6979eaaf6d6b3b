/** What a Redis URL says. */
export interface RedisUrl {
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
  readonly username?: string;
  readonly password?: string;
  readonly database?: number;
}

const EXPECTED = "expected redis://host:port or rediss://host:port, with user:password@ before and /database behind";
const AUTHORITY = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(\d{1,5}))?$/i;
const MAX_DATABASE = 65_535;
const REDIS_PORT = 6379;

/** Reads a URL; what is wrong with it is said without any part of it, since there may be a password anywhere. */
export function parseRedisUrl(text: string): RedisUrl | { readonly fault: string } {
  const [, scheme, rest = ""] = /^(rediss?):\/\/(.*)$/is.exec(text) ?? [];
  if (scheme === undefined) return { fault: EXPECTED };
  const isTls = scheme.toLowerCase() === "rediss";
  const end = rest.search(/[/?#]/);
  const authority = end < 0 ? rest : rest.slice(0, end);
  const path = end < 0 ? "" : rest.slice(end);
  const at = authority.lastIndexOf("@");
  const place = parseHostPort(authority.slice(at + 1), REDIS_PORT);
  if (place === undefined) return { fault: `${EXPECTED}: the host or the port is not valid` };
  const database = path === "" || path === "/" ? undefined : Number(/^\/(\d{1,5})$/.exec(path)?.[1] ?? Number.NaN);
  if (database !== undefined && !(database <= MAX_DATABASE)) {
    return { fault: `${EXPECTED}: behind the host only the number of a database may stand` };
  }
  const credentials = at < 0 ? {} : parseCredentials(authority.slice(0, at));
  if (credentials === undefined) {
    return { fault: `${EXPECTED}: user and password are percent-encoded where they have special characters` };
  }
  return { ...place, isTls, ...credentials, ...(database === undefined ? {} : { database }) };
}

/** `host`, `host:port` or `[::1]:port`; undefined if it is none of these. */
export function parseHostPort(text: string, defaultPort: number): { host: string; port: number } | undefined {
  const [, host, port] = AUTHORITY.exec(text) ?? [];
  if (host === undefined) return undefined;
  const number = port === undefined ? defaultPort : Number(port);
  if (number < 1 || number > 65_535) return undefined;
  return { host: host.replace(/^\[|\]$/g, ""), port: number };
}

function parseCredentials(text: string): Pick<RedisUrl, "username" | "password"> | undefined {
  const colon = text.indexOf(":");
  try {
    const username = decodeURIComponent(colon < 0 ? text : text.slice(0, colon));
    const password = colon < 0 ? "" : decodeURIComponent(text.slice(colon + 1));
    return { ...(username === "" ? {} : { username }), ...(password === "" ? {} : { password }) };
  } catch {
    return undefined;
  }
}
