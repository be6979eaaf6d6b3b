import { isIP } from "node:net";

/** Labels of letters, digits and hyphens (RFC 1123 §2.1); the last is no number, or it would be a broken address. */
const NAME = /^(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\.)*[a-z](?:[a-z0-9_-]*[a-z0-9_])?\.?$/i;

/** Why nothing can listen on that host; undefined for an address, or a name that may have one. "" is every address. */
export function hostFault(host: string): { readonly message: string; readonly hint?: string } | undefined {
  if (host === "" || isIP(host) !== 0 || NAME.test(host)) return undefined;
  const message = "expected an address or a name to listen on";
  const bare = host.slice(1, -1);
  return host === `[${bare}]` && isIP(bare) === 6 ? { message, hint: "leave the brackets out" } : { message };
}
