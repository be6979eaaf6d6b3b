import { isIpv4, parseAddress } from "./address.ts";

/** A block of addresses (RFC 4632 §3.1, RFC 4291 §2.3). */
export interface Cidr {
  readonly family: 4 | 6;
  /** The block's first address as four words; IPv4 in its mapped form. */
  readonly network: Int32Array;
  /** Bits of the four words that all addresses of the block share: 96 more than written for IPv4. */
  readonly prefix: number;
}

/**
 * Reads `10.0.0.0/8`, `2001:db8::/32`, or a bare address, which is a block of its own. Bits behind the prefix are
 * dropped. A block of IPv4-mapped IPv6 addresses is that IPv4 block. Undefined if it is neither.
 */
export function parseCidr(text: string): Cidr | undefined {
  const slash = text.indexOf("/");
  const address = slash < 0 ? text : text.slice(0, slash);
  const network = new Int32Array(4);
  if (!parseAddress(address, network)) return undefined;
  const isDotted = !address.includes(":");
  const bits = slash < 0 ? (isDotted ? 32 : 128) : parsePrefix(text.slice(slash + 1), isDotted ? 32 : 128);
  if (bits === undefined) return undefined;
  const prefix = isDotted ? bits + 96 : bits;
  const family = prefix >= 96 && isIpv4(network) ? 4 : 6;
  for (let i = 0; i < 4; i++) network[i] = (network[i] as number) & maskOf(prefix, i);
  return { family, network, prefix };
}

/** A list of blocks, compared by number: `contains` allocates nothing for an IPv4 address. */
export class CidrSet {
  /** network, mask, network, mask, … of the last words. */
  readonly #ipv4: Int32Array;
  /** Four words of network and four of mask, again and again. */
  readonly #ipv6: Int32Array;
  readonly #words = new Int32Array(4);

  /** Throws TypeError on what is no block; a configuration is checked with `parseCidr` before. */
  constructor(list: readonly string[]) {
    const ipv4: number[] = [];
    const ipv6: number[] = [];
    for (const text of list) {
      const cidr = parseCidr(text);
      if (cidr === undefined) throw new TypeError(`invalid address block ${JSON.stringify(text)}: expected a CIDR`);
      if (cidr.family === 4) ipv4.push(cidr.network[3] as number, maskOf(cidr.prefix, 3));
      else ipv6.push(...cidr.network, ...[0, 1, 2, 3].map((i) => maskOf(cidr.prefix, i)));
    }
    this.#ipv4 = Int32Array.from(ipv4);
    this.#ipv6 = Int32Array.from(ipv6);
  }

  /** Whether the address, bare and of either spelling, is in one of the blocks; false for what is no address. */
  contains(address: string): boolean {
    if (this.#ipv4.length + this.#ipv6.length === 0) return false;
    const words = this.#words;
    if (!parseAddress(address, words)) return false;
    return isIpv4(words) ? this.#hasIpv4(words[3] as number) : this.#hasIpv6(words);
  }

  #hasIpv4(word: number): boolean {
    const table = this.#ipv4;
    for (let i = 0; i < table.length; i += 2) if ((word & (table[i + 1] as number)) === table[i]) return true;
    return false;
  }

  #hasIpv6(words: Int32Array): boolean {
    const table = this.#ipv6;
    for (let i = 0; i < table.length; i += 8) {
      let word = 0;
      while (word < 4 && ((words[word] as number) & (table[i + 4 + word] as number)) === table[i + word]) word++;
      if (word === 4) return true;
    }
    return false;
  }
}

function parsePrefix(text: string, most: number): number | undefined {
  if (!/^(?:0|[1-9]\d{0,2})$/.test(text)) return undefined;
  const bits = Number(text);
  return bits <= most ? bits : undefined;
}

/** The mask of one of the four words; 0x…f << 32 would be no shift at all, hence the ends apart. */
function maskOf(prefix: number, word: number): number {
  const bits = prefix - word * 32;
  if (bits <= 0) return 0;
  return bits >= 32 ? -1 : -1 << (32 - bits);
}
