export type Claims = Readonly<Record<string, unknown>>;

/** The claim of that name; else what is found along its dots, as in `realm_access.roles`. Own properties alone count. */
export function readClaim(claims: Claims, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path];
  let value: unknown = claims;
  for (const name of path.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Claims)[name];
  }
  return value;
}

/** The words of a claim: a text with spaces between them (RFC 8693 §4.2), or a list of texts. Anything else has none. */
export function wordsOf(value: unknown): readonly string[] {
  if (typeof value === "string") return value.split(" ").filter((word) => word !== "");
  return Array.isArray(value) ? value.filter((word) => typeof word === "string" && word !== "") : [];
}

/** The words of all these claims, each once. */
export function wordsAt(claims: Claims, paths: readonly string[]): readonly string[] {
  const words = paths.flatMap((path) => wordsOf(readClaim(claims, path)));
  return words.length < 2 ? words : [...new Set(words)];
}
