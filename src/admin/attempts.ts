/** Wrong tokens that an address may send at once; one more after each of these ms. */
const BURST = 10;
const EACH_MS = 6_000;
/** Addresses that are remembered; of more the one that was wrong longest ago is forgotten. */
const MOST_ADDRESSES = 4_096;

/** Bounds how fast a token can be guessed: by address, so that nobody is kept out by what another one does. */
export class TokenAttempts {
  readonly #now: () => number;
  /** By address: when all that it has sent would be forgotten. The one that was wrong last is the last. */
  readonly #forgottenAt = new Map<string, number>();

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** How long the address has to wait before its tokens are looked at; 0: not at all. */
  waitMs(address: string): number {
    const ahead = (this.#forgottenAt.get(placeOf(address)) ?? 0) - this.#now();
    return Math.max(0, ahead - (BURST - 1) * EACH_MS);
  }

  /** A token from there was wrong. Answers whether the address has to wait now. */
  note(address: string): boolean {
    const place = placeOf(address);
    const before = this.#forgottenAt.get(place) ?? 0;
    this.#forgottenAt.delete(place);
    this.#forgottenAt.set(place, Math.max(before, this.#now()) + EACH_MS);
    const [oldest = place] = this.#forgottenAt.keys();
    if (this.#forgottenAt.size > MOST_ADDRESSES) this.#forgottenAt.delete(oldest);
    return this.waitMs(address) > 0;
  }
}

/** Who has one IPv6 address has the whole /64 (RFC 4291 §2.5.1). */
function placeOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, "");
  if (!plain.includes(":")) return plain;
  const [head = "", tail] = plain.split("::");
  const groups = head === "" ? [] : head.split(":");
  const missing = tail === undefined ? 0 : 8 - groups.length - (tail === "" ? 0 : tail.split(":").length);
  const all = [...groups, ...Array<string>(Math.max(0, missing)).fill("0"), ...(tail ?? "").split(":")];
  return all.slice(0, 4).join(":");
}
