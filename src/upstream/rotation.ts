/** An address of a name, as a resolver answers it. */
export interface ResolvedAddress {
  readonly address: string;
  /** 4 or 6. */
  readonly family: number;
}

/** How long an address that could not be connected to is passed over. */
const FAILED_MS = 10_000;

/**
 * The addresses of one name, taken in turn. IPv4 comes first and IPv6 is used only while no IPv4 address works, or is
 * there: both usually lead to the same machines, and half the connections should not wait for a family that the
 * network does not carry. Within a family the turns follow the answer's order.
 */
export class Rotation {
  readonly #now: () => number;
  readonly #failedAt = new Map<string, number>();
  #addresses: readonly string[] = [];
  /** As many of the first addresses are of the preferred family. */
  #preferred = 0;
  #turn = 0;

  /** @param now a clock that never goes back, in ms */
  constructor(now: () => number) {
    this.#now = now;
  }

  get addresses(): readonly string[] {
    return this.#addresses;
  }

  /** Takes a new answer; what is known of addresses that are still there stays known. */
  replace(answer: readonly ResolvedAddress[]): void {
    const ipv4 = answer.filter((entry) => entry.family === 4);
    const ipv6 = answer.filter((entry) => entry.family !== 4);
    const addresses = new Set([...ipv4, ...ipv6].map((entry) => entry.address));
    for (const address of this.#failedAt.keys()) if (!addresses.has(address)) this.#failedAt.delete(address);
    this.#addresses = [...addresses];
    this.#preferred = new Set((ipv4.length > 0 ? ipv4 : ipv6).map((entry) => entry.address)).size;
  }

  /** The next address that has not failed lately; if all have, the one whose failure is the longest ago. */
  next(): string | undefined {
    if (this.#addresses.length === 0) return undefined;
    const turn = this.#turn++;
    if (this.#failedAt.size === 0) return this.#addresses[turn % this.#preferred];
    this.#forgive();
    return (
      this.#working(0, this.#preferred, turn) ??
      this.#working(this.#preferred, this.#addresses.length, turn) ??
      this.#longestAgo()
    );
  }

  /** Passes the address over for a while; false if it is none of these. */
  failed(address: string): boolean {
    if (!this.#addresses.includes(address)) return false;
    // Deleted first, so that the map stays in the order of the failures.
    this.#failedAt.delete(address);
    this.#failedAt.set(address, this.#now());
    return true;
  }

  #forgive(): void {
    const before = this.#now() - FAILED_MS;
    for (const [address, failedAt] of this.#failedAt) if (failedAt <= before) this.#failedAt.delete(address);
  }

  #working(start: number, end: number, turn: number): string | undefined {
    const count = end - start;
    for (let i = 0; i < count; i++) {
      const address = this.#addresses[start + ((turn + i) % count)] as string;
      if (!this.#failedAt.has(address)) return address;
    }
    return undefined;
  }

  #longestAgo(): string | undefined {
    return this.#failedAt.keys().next().value;
  }
}
