/** Where a target is, taken apart at load. */
export interface TargetAddress {
  readonly url: string;
  readonly isTls: boolean;
  /** Name or address to connect to; without brackets. "" for a Unix socket. */
  readonly host: string;
  readonly port: number;
  /** Path of a Unix socket; undefined for TCP. */
  readonly unixPath: string | undefined;
  /** Value of the Host field: the port is left out if it is the scheme's own (RFC 9110 §7.2). */
  readonly hostHeader: string;
}

/** Takes a target's URL apart: `http://host:port`, `https://host:port` or `unix:/path`; undefined if it is none. */
export function parseTargetUrl(url: string): TargetAddress | undefined {
  if (url.startsWith("unix:/")) {
    return { url, isTls: false, host: "", port: 0, unixPath: url.slice(5), hostHeader: "localhost" };
  }
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || (parsed.protocol !== "http:" && parsed.protocol !== "https:")) return undefined;
  const hasMore = parsed.pathname !== "/" || parsed.search !== "" || parsed.hash !== "" || parsed.username !== "";
  if (hasMore || parsed.hostname === "") return undefined;
  const isTls = parsed.protocol === "https:";
  return {
    url,
    isTls,
    host: parsed.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: parsed.port === "" ? (isTls ? 443 : 80) : Number(parsed.port),
    unixPath: undefined,
    hostHeader: parsed.host,
  };
}
