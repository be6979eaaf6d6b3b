/** Which hosts a route is for: one, or all names below one. */
export interface HostPattern {
  /** In lower case, without port and trailing dot; of a wildcard what follows "*.". */
  readonly name: string;
  readonly isWildcard: boolean;
}

/** Longest name that DNS knows (RFC 1035 §2.3.4). */
export const MAX_HOST_LENGTH = 253;

const LABEL = "[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?";
const NAME = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`);
const IPV6 = /^\[[0-9a-f:.]{2,45}\]$/;

/** Reads the `host` of a route: a name or address, or `*.` and a name. Throws TypeError on anything else. */
export function parseHost(host: string): HostPattern {
  const isWildcard = host.startsWith("*.");
  const name = withoutDot(host.slice(isWildcard ? 2 : 0).toLowerCase());
  if (name.length <= MAX_HOST_LENGTH && NAME.test(name)) return { name, isWildcard };
  if (IPV6.test(name) && !isWildcard) return { name, isWildcard };
  const found = `found ${JSON.stringify(host)}`;
  if (host === "*") throw new TypeError(`${found}: leave host out to take every host`);
  if (/:\d*$/.test(host)) throw new TypeError(`expected a host without a port, ${found}: the port is not compared`);
  if (/[^\0-\x7f]/.test(host)) throw new TypeError(`expected a host in its ASCII form (xn--…), ${found}`);
  throw new TypeError(`expected a host such as api.example.com or *.example.com, ${found}`);
}

/** The name in a request's host (which is in lower case): without the port and one trailing dot. */
export function hostName(host: string): string {
  const colon = host.lastIndexOf(":");
  const hasPort = colon !== -1 && colon > host.lastIndexOf("]");
  return withoutDot(hasPort ? host.slice(0, colon) : host);
}

function withoutDot(name: string): string {
  return name.endsWith(".") ? name.slice(0, -1) : name;
}
