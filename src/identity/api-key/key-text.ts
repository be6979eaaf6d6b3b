import { sha256 } from "../digest.ts";

/** Begins every key, so that people, and programs that look for leaked secrets, know one when they see it. */
export const KEY_PREFIX = "slk_";
const ID_LENGTH = 16;
const SEED_BYTES = 32;
/** 32 bytes in base64url. */
const SECRET_LENGTH = 43;
const KEY_LENGTH = KEY_PREFIX.length + ID_LENGTH + 1 + SECRET_LENGTH;

/** The form of a key's id: 64 random bits. */
export const KEY_ID = "^[0-9a-f]{16}$";
/** Header in which the admin port hands the seed of a new key to all workers. */
export const KEY_SEED = "x-key-seed";
const KEY = /^slk_([0-9a-f]{16})_[A-Za-z0-9_-]{43}$/;

/** A key as it is told once, when it is made. */
export interface NewKey {
  readonly id: string;
  /** `slk_ID_SECRET`: the secret has 256 random bits. */
  readonly text: string;
  /** SHA-256 of the text in hexadecimal digits: all that is kept. */
  readonly hash: string;
}

/**
 * A new key; of that id where there is one already. All that are asked with one seed, several processes say, make the same
 * one: a seed is as secret as the key, and has as many random bits.
 */
export function createKey({ id, seed = randomSeed() }: { readonly id?: string; readonly seed?: string } = {}): NewKey {
  const own = id ?? sha256(`id ${seed}`).slice(0, ID_LENGTH);
  const secret = Buffer.from(sha256(`secret ${own} ${seed}`), "hex").toString("base64url");
  const text = `${KEY_PREFIX}${own}_${secret}`;
  return { id: own, text, hash: hashOf(text) };
}

/** 256 random bits, in 64 hexadecimal digits. */
export function randomSeed(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(SEED_BYTES))).toString("hex");
}

/** The id in a key's text; undefined if it has not the form of a key. A text of another length costs nothing. */
export function idOf(text: string): string | undefined {
  return text.length === KEY_LENGTH ? KEY.exec(text)?.[1] : undefined;
}

/** What is kept of a key. One look at SHA-256 is enough: nobody can try out 256 random bits. */
export function hashOf(text: string): string {
  return sha256(text);
}
