import { sha256 } from "../digest.ts";

/** Begins every key, so that people, and programs that look for leaked secrets, know one when they see it. */
export const KEY_PREFIX = "slk_";
const ID_LENGTH = 16;
const SECRET_BYTES = 32;
/** 32 bytes in base64url. */
const SECRET_LENGTH = 43;
const KEY_LENGTH = KEY_PREFIX.length + ID_LENGTH + 1 + SECRET_LENGTH;

/** The form of a key's id: 64 random bits. */
export const KEY_ID = "^[0-9a-f]{16}$";
const KEY = /^slk_([0-9a-f]{16})_[A-Za-z0-9_-]{43}$/;

/** A key as it is told once, when it is made. */
export interface NewKey {
  readonly id: string;
  /** `slk_ID_SECRET`: the secret has 256 random bits. */
  readonly text: string;
  /** SHA-256 of the text in hexadecimal digits: all that is kept. */
  readonly hash: string;
}

/** A new key; of that id where there is one already. */
export function createKey(id: string = randomId()): NewKey {
  const secret = Buffer.from(crypto.getRandomValues(new Uint8Array(SECRET_BYTES))).toString("base64url");
  const text = `${KEY_PREFIX}${id}_${secret}`;
  return { id, text, hash: hashOf(text) };
}

/** The id in a key's text; undefined if it has not the form of a key. A text of another length costs nothing. */
export function idOf(text: string): string | undefined {
  return text.length === KEY_LENGTH ? KEY.exec(text)?.[1] : undefined;
}

/** What is kept of a key. One look at SHA-256 is enough: nobody can try out 256 random bits. */
export function hashOf(text: string): string {
  return sha256(text);
}

function randomId(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(ID_LENGTH / 2))).toString("hex");
}
