import { storeKey } from "../store/key.ts";
import type { Store } from "../store/store.ts";
import type { Revocation, RevocationKind } from "./revocation.ts";

/** The part of the store that revocations are in: that of the plugin that has them checked. */
export const REVOCATIONS_PART = "jwt";
/** Where gateways tell each other, in that part. */
export const REVOCATIONS_CHANNEL = "revocations";
/** The form of the keys of token ids unless told. */
export const DEFAULT_JTI_KEY = "blacklist:{jti}";

const PLACE = "{jti}";
const OWN = "revoked";

/** How the key of a token's id is made: it stands in the store as it is, for other programs to write. */
export interface JtiKeyForm {
  /** What all such keys begin with. */
  readonly start: string;
  keyOf(jti: string): string;
  /** Undefined if the key is none of this form. */
  jtiOf(key: string): string | undefined;
}

/** Throws Error unless the form has `{jti}` once. */
export function compileJtiKey(form: string): JtiKeyForm {
  const [start = "", end, ...rest] = form.split(PLACE);
  if (end === undefined || rest.length > 0)
    throw new Error(`expected a key with ${PLACE} once, found ${JSON.stringify(form)}`);
  return {
    start,
    keyOf: (jti) => start + jti + end,
    jtiOf(key) {
      const isOne = key.length > start.length + end.length && key.startsWith(start) && key.endsWith(end);
      return isOne ? key.slice(start.length, key.length - end.length) : undefined;
    },
  };
}

/** The whole keys of all revocations but those of token ids begin with this. */
export function ownStart(store: Store): string {
  return store.wholeKey(`${OWN}:`);
}

/** The whole key of a revocation, for `store.raw`. */
export function revocationKey(store: Store, form: JtiKeyForm, { kind, value }: Revocation): string {
  return kind === "jti" ? form.keyOf(value) : store.wholeKey(storeKey(OWN, kind, value));
}

/** What an own key, without the start of all, is about. */
export function revocationOf(rest: string, value: string | undefined): Revocation | undefined {
  const [kind = "", name, ...more] = rest.split(":");
  if (!isKind(kind) || name === undefined || more.length > 0) return undefined;
  const decoded = decodeURIComponent(name);
  return kind === "subject" ? { kind, value: decoded, before: Number(value) } : { kind, value: decoded };
}

function isKind(kind: string): kind is RevocationKind {
  return kind === "token" || kind === "subject" || kind === "kid";
}

/** What a key of the store has to hold for that revocation. */
export function revocationText({ before }: Revocation): string {
  return before === undefined ? "1" : String(before);
}
