/** Methods that change nothing (RFC 9110 §9.2.1). */
const SAFE: readonly string[] = ["GET", "HEAD", "OPTIONS"];

export function isSafe(method: string): boolean {
  return SAFE.includes(method);
}

/** A name that means this machine, whoever asks for it. */
export function isLocalName(name: string): boolean {
  return name === "localhost" || name === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(name);
}

/** Whether a browser has sent it: others have no reason to say where a page is from. */
export function isFromBrowser(headers: Headers): boolean {
  return headers.has("origin") || headers.has("sec-fetch-site");
}

/**
 * Whether a page of another site has sent it. Sec-Fetch-Site is the browser's own word (Fetch Metadata); those that do not send it
 * yet send Origin with everything but GET, which has to name the host that the request is for, by whichever scheme.
 */
export function isCrossSite(headers: Headers): boolean {
  const site = headers.get("sec-fetch-site");
  if (site !== null) return site !== "same-origin" && site !== "none";
  const origin = headers.get("origin")?.toLowerCase();
  const authority = headers.get("host")?.toLowerCase();
  return origin !== undefined && origin !== `http://${authority}` && origin !== `https://${authority}`;
}
