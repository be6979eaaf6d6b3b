/** The name as a CGI-like server reads it, to which `-` and `_` are the same. */
export function hyphenated(name: string): string {
  return name.includes("_") ? name.replaceAll("_", "-") : name;
}

const CLAIMS = new Set([
  "true-client-ip",
  "x-client-ip",
  "x-cluster-client-ip",
  "x-forwarded",
  "x-http-method",
  "x-http-method-override",
  "x-method-override",
  "x-real-ip",
  "x-rewrite-url",
]);

/**
 * Whether a field is one that only a trusted proxy may send, in either spelling: X-Forwarded-*, Forwarded, X-Real-IP
 * and its kin, and the fields by which some frameworks replace path or method (X-Original-URL, X-Rewrite-URL,
 * X-HTTP-Method-Override), which would go past the route that was matched.
 */
export function isProxyClaim(name: string): boolean {
  // The first letter decides for nearly every field.
  const first = name.charCodeAt(0);
  if (first === 102) return name === "forwarded";
  if (first !== 120 && first !== 116) return false;
  const plain = hyphenated(name);
  return CLAIMS.has(plain) || plain.startsWith("x-forwarded-") || plain.startsWith("x-original-");
}
