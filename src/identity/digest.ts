import { timingSafeEqual } from "node:crypto";

/** SHA-256 of a text, as 64 hexadecimal digits. Enough for what nobody can guess; passwords need a slow hash. */
export function sha256(text: string): string {
  return Bun.CryptoHasher.hash("sha256", text, "hex");
}

/** Whether two texts are the same, in a time that tells nothing of where they differ. Texts of other lengths never are. */
export function isSameSecret(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.byteLength === right.byteLength && timingSafeEqual(left, right);
}

/** Makes keys of secrets for a map in memory: of no use to anyone who sees them, for another process makes others. */
export function createKeyedHash(): (...parts: readonly string[]) => string {
  const secret = crypto.getRandomValues(new Uint8Array(32));
  return (...parts) => {
    const hasher = new Bun.CryptoHasher("sha256", secret);
    // With its length before it no part can be taken for another.
    for (const part of parts) hasher.update(`${part.length}:${part}`);
    return hasher.digest("base64");
  };
}
