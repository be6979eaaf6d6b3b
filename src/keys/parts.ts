import { createHash } from "node:crypto";
import { isIpv4, parseAddress } from "../message/address.ts";
import { storeKey } from "../store/key.ts";

/** Characters of a value that stands in a key as it is; of what is longer a digest does. */
const LONGEST = 64;

/**
 * A value of a client as a part of a key. What is long, or secret, is replaced by its SHA-256: keys may be listed, and
 * a client must not choose how much memory they take. `%~` begins no escaped value.
 */
export function valuePart(value: string, isSecret: boolean): string {
  if (!isSecret && value.length <= LONGEST) return storeKey(value);
  return `%~${createHash("sha256").update(value, "latin1").digest("base64url")}`;
}

/** An address as a part of a key: of IPv6 so many bits, in hexadecimal, with their number if it is not all of them. */
export function addressPart(address: string, ipv6Bits: number): string {
  if (!address.includes(":")) return storeKey(address);
  const words = new Int32Array(4);
  if (!parseAddress(address, words)) return storeKey(address);
  if (isIpv4(words)) {
    const word = words[3] as number;
    return `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`;
  }
  let text = "";
  for (let i = 0; i * 32 < ipv6Bits; i++) {
    const kept = Math.min(ipv6Bits - i * 32, 32);
    const word = kept === 32 ? (words[i] as number) : (words[i] as number) & (-1 << (32 - kept));
    text += (word >>> 0).toString(16).padStart(8, "0");
  }
  return ipv6Bits === 128 ? text : `${text}/${ipv6Bits}`;
}

/** The value of the first cookie of that name in a Cookie field (RFC 6265 §4.2.1); undefined if there is none. */
export function cookieValue(field: string, name: string): string | undefined {
  for (let start = 0; start < field.length; ) {
    const semicolon = field.indexOf(";", start);
    const end = semicolon < 0 ? field.length : semicolon;
    while (start < end && isBlank(field.charCodeAt(start))) start++;
    const equals = field.indexOf("=", start);
    if (equals === start + name.length && equals < end && field.startsWith(name, start)) {
      return field.slice(equals + 1, end).trim();
    }
    start = end + 1;
  }
  return undefined;
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}
