import { timingSafeEqual } from "node:crypto";

/** What a request asks to be explained by. */
export const EXPLAIN_HEADER = "sluice-explain";
/** What tells in the reply which explanation is its. */
export const EXPLANATION_HEADER = "sluice-explanation";

/** A signature is good for no longer than this, in seconds. */
export const LONGEST_SECONDS = 300;
/** Signatures that were used and have not run out: of more none is taken until there are fewer. */
const MOST_USED = 1_000;
const NONCE_BYTES = 12;
const FORM = /^(\d{10})\.([\w-]{16})\.([\w-]{43})$/;

/** What is signed of a request. */
export interface SignedRequest {
  readonly method: string;
  readonly host: string;
  /** The one path form, without the query. */
  readonly path: string;
}

/** The header's value for a request: when it runs out, in seconds since 1970, a number used once, and HMAC-SHA-256 over all. */
export function signRequest(secret: string, request: SignedRequest, expires: number): string {
  const nonce = Buffer.from(crypto.getRandomValues(new Uint8Array(NONCE_BYTES))).toString("base64url");
  return `${expires}.${nonce}.${macOf(secret, request, String(expires), nonce).toString("base64url")}`;
}

/** Knows which signatures are good; each is, once. */
export class Signatures {
  readonly #secret: string;
  readonly #used: Map<string, number>;

  /** @param used those that were, by what makes each that one, with when it runs out, in seconds */
  constructor(secret: string, used = new Map<string, number>()) {
    this.#secret = secret;
    this.#used = used;
  }

  /** Whether that value lets the request ask; a value that does is good for no other. The comparison takes the same time for all. */
  take(value: string, request: SignedRequest, nowMs: number): boolean {
    const [, expires = "", nonce = "", mac = ""] = FORM.exec(value) ?? [];
    const seconds = Number(expires);
    const now = nowMs / 1_000;
    if (mac === "" || seconds < now || seconds > now + LONGEST_SECONDS) return false;
    const expected = macOf(this.#secret, request, expires, nonce);
    if (!timingSafeEqual(Buffer.from(mac, "base64url"), expected)) return false;
    return this.#isFirst(`${expires}.${nonce}`, seconds, now);
  }

  #isFirst(key: string, expires: number, now: number): boolean {
    if (this.#used.size >= MOST_USED) for (const [old, end] of this.#used) if (end < now) this.#used.delete(old);
    if (this.#used.has(key) || this.#used.size >= MOST_USED) return false;
    this.#used.set(key, expires);
    return true;
  }
}

function macOf(secret: string, { method, host, path }: SignedRequest, expires: string, nonce: string): Buffer {
  const text = JSON.stringify(["sluice-explain-1", method, host, path, expires, nonce]);
  return Buffer.from(new Bun.CryptoHasher("sha256", secret).update(text).digest());
}
