/** What is wrong with a target's URL, in words; undefined if nothing is. */
export interface TargetFault {
  readonly message: string;
  readonly hint?: string;
}

const EXPECTED = "expected http://host:port, https://host:port or unix:/path/to.sock";
const SHAPE = /^(https?):\/\/([^/?#]*)(.*)$/i;
const AUTHORITY = /^(\[[0-9a-f:.]+\]|[a-z0-9._~-]+)(?::(\d{1,5}))?$/i;

/** Checks the URL of a target: a scheme, a host, perhaps a port, and nothing else. */
export function targetFault(url: string): TargetFault | undefined {
  if (url.startsWith("unix:")) return unixFault(url.slice("unix:".length));
  const match = SHAPE.exec(url);
  if (match === null) return schemeFault(url);
  const [, , authority = "", rest = ""] = match;
  if (authority.includes("@")) {
    return { message: `${EXPECTED}: credentials have no place in a URL`, hint: "send them with the headers plugin" };
  }
  if (authority === "") return { message: `${EXPECTED}: the host is missing` };
  const [, host, port] = AUTHORITY.exec(authority) ?? [];
  if (host === undefined) return { message: `${EXPECTED}: the host or the port is not valid` };
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535)) {
    return { message: `${EXPECTED}: a port is from 1 to 65535` };
  }
  if (!URL.canParse(url)) return { message: `${EXPECTED}: the host is not valid` };
  if (rest === "" || rest === "/") return undefined;
  if (rest.startsWith("/")) {
    return {
      message: `${EXPECTED}: a target has no path`,
      hint: "a route's add-prefix or rewrite puts a path in front",
    };
  }
  return { message: `${EXPECTED}: a target has no query and no fragment` };
}

/** One spelling for each target, to tell when two are the same. */
export function targetIdentity(url: string): string {
  return url.startsWith("unix:") || !URL.canParse(url) ? url : new URL(url).origin;
}

function unixFault(path: string): TargetFault | undefined {
  if (path.startsWith("/") && path.length > 1 && !path.startsWith("//")) return undefined;
  return { message: "expected the absolute path of a socket after unix:", hint: "for example unix:/run/users.sock" };
}

function schemeFault(url: string): TargetFault {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(url)?.[1];
  if (scheme !== undefined) return { message: `${EXPECTED}: ${scheme} is not understood` };
  return { message: `${EXPECTED}: the scheme is missing`, hint: "write http:// in front" };
}
