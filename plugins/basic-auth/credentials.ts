/** A name and a password, as a client sends them. */
export interface Credentials {
  readonly name: string;
  readonly password: string;
}

/** Characters of the encoded pair at most: names and passwords are short. */
const MAX_LENGTH = 1_024;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
const decoder = new TextDecoder("utf-8", { fatal: true });

/** RFC 7617 §2: base64 of NAME:PASSWORD in UTF-8, without control characters. Undefined if it is anything else. */
export function parseCredentials(encoded: string): Credentials | undefined {
  if (encoded.length > MAX_LENGTH || encoded.length % 4 !== 0 || !BASE64.test(encoded)) return undefined;
  const pair = decode(encoded);
  const colon = pair?.indexOf(":") ?? -1;
  if (pair === undefined || colon < 0 || /\p{Cc}/u.test(pair)) return undefined;
  return { name: pair.slice(0, colon), password: pair.slice(colon + 1) };
}

function decode(encoded: string): string | undefined {
  try {
    return decoder.decode(Buffer.from(encoded, "base64"));
  } catch {
    return undefined;
  }
}
