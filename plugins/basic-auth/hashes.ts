/** bcrypt as `htpasswd -B` and Bun write it; argon2 in the PHC form. */
const BCRYPT = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;
const ARGON2 =
  /^\$argon2(?:id|i|d)\$v=19\$m=(\d{1,9}),t=(\d{1,4}),p=(\d{1,3})\$[A-Za-z0-9+/]{11,}\$[A-Za-z0-9+/]{16,}$/;

/** More would be a way to stop the gateway: seconds, or a gigabyte, for each attempt. */
const MAX_BCRYPT_COST = 14;
const MAX_ARGON2_KIB = 262_144;
const MAX_ARGON2_PASSES = 20;

/** Why a text is no hash that passwords can be verified by, in words that do not repeat it; undefined if it is one. */
export function hashFault(text: string): string | undefined {
  const [, cost] = BCRYPT.exec(text) ?? [];
  if (cost !== undefined) {
    const isFine = Number(cost) >= 4 && Number(cost) <= MAX_BCRYPT_COST;
    return isFine ? undefined : `a bcrypt cost of 4 to ${MAX_BCRYPT_COST} is taken, this is ${cost}`;
  }
  const [, kib, passes] = ARGON2.exec(text) ?? [];
  if (kib === undefined || passes === undefined) {
    return "expected a bcrypt ($2b$…) or argon2 ($argon2id$…) hash, and found something else: plain passwords are not taken";
  }
  const isFine = Number(kib) <= MAX_ARGON2_KIB && Number(passes) <= MAX_ARGON2_PASSES;
  return isFine ? undefined : `at most m=${MAX_ARGON2_KIB},t=${MAX_ARGON2_PASSES} of argon2 is taken`;
}

/** How long verifying takes, compared with other hashes of the same kind. argon2 counts as longer than any bcrypt. */
function costOf(hash: string): number {
  const [, cost] = BCRYPT.exec(hash) ?? [];
  if (cost !== undefined) return Number(cost);
  const [, kib, passes] = ARGON2.exec(hash) ?? [];
  return 100 + Number(kib) * Number(passes);
}

/** The hash that takes longest: names that nobody has are verified against it, so that they take as long as others. */
export function costliest(hashes: Iterable<string>): string | undefined {
  let found: string | undefined;
  for (const hash of hashes) if (found === undefined || costOf(hash) > costOf(found)) found = hash;
  return found;
}
