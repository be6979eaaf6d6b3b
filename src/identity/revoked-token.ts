import { KeyGroup } from "../store/key-group.ts";
import type { Store } from "../store/store.ts";
import type { JtiKeyForm } from "./revocation-keys.ts";
import { revocationKey } from "./revocation-keys.ts";

/** What of a verified token can be revoked. */
export interface TokenMarks {
  /** Of what is signed: `tokenDigest`. */
  readonly digest: string;
  readonly jti: string | undefined;
  readonly subject: string | undefined;
  /** Id of the key that has verified it. */
  readonly kid: string | undefined;
  /** Seconds since 1970. */
  readonly issuedAt: number | undefined;
}

/** What to look for in the store, for one token: made once, when it is verified. */
export interface RevocationQuery {
  /** Whole keys. */
  readonly keys: readonly string[];
  /** The same for `store.raw`. */
  readonly group: KeyGroup;
  /** Which of them is the subject's; -1 if none is. */
  readonly subjectAt: number;
  readonly issuedAt: number | undefined;
}

/** Values by whole keys. */
export interface RevocationLookup {
  get(key: string): string | undefined;
}

export function revocationQuery(store: Store, form: JtiKeyForm, marks: TokenMarks): RevocationQuery {
  const { digest, jti, subject, kid, issuedAt } = marks;
  const keys = [revocationKey(store, form, { kind: "token", value: digest })];
  if (jti !== undefined) keys.push(revocationKey(store, form, { kind: "jti", value: jti }));
  if (kid !== undefined) keys.push(revocationKey(store, form, { kind: "kid", value: kid }));
  const subjectAt = subject === undefined ? -1 : keys.length;
  if (subject !== undefined) keys.push(revocationKey(store, form, { kind: "subject", value: subject }));
  return { keys, group: new KeyGroup(keys), subjectAt, issuedAt };
}

/**
 * Whether what stands under the query's keys, the first of which has that place, revokes the token. What cannot be
 * understood does.
 */
export function isRevokedBy(
  { keys, subjectAt, issuedAt }: RevocationQuery,
  values: ReadonlyMap<number, string>,
  from = 0,
): boolean {
  for (let i = 0; i < keys.length; i++) {
    if (revokes(values.get(from + i), i === subjectAt, issuedAt)) return true;
  }
  return false;
}

/** The same, of a copy of all revocations. */
export function isRevokedIn({ keys, subjectAt, issuedAt }: RevocationQuery, copy: RevocationLookup): boolean {
  for (let i = 0; i < keys.length; i++) {
    if (revokes(copy.get(keys[i] as string), i === subjectAt, issuedAt)) return true;
  }
  return false;
}

function revokes(value: string | undefined, isSubject: boolean, issuedAt: number | undefined): boolean {
  if (value === undefined) return false;
  return !isSubject || issuedAt === undefined || !(Number(value) <= issuedAt);
}
