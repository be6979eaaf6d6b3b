import { GatewayError } from "../errors.ts";
import { parseAddress } from "../message/address.ts";
import { type ResolvedAddress, Rotation } from "./rotation.ts";

/** Asks for all addresses of a name. */
export type Lookup = (host: string) => Promise<readonly ResolvedAddress[]>;

export interface ResolverOptions {
  /** How long an answer is used before the name is resolved again, in ms. */
  readonly ttlMs: number;
  /** Default: the system's resolver, hosts file included. */
  readonly lookup?: Lookup;
  /** How long a caller waits for the first answer, in ms. Default 5000. */
  readonly deadlineMs?: number;
  /** A clock that never goes back, in ms; injected in tests. */
  readonly now?: () => number;
}

/** Knows the addresses of one host. */
export interface Resolver {
  /**
   * The address to connect to next: at once if any is known, else once the name is resolved. Rejects with
   * `upstream_connect` if it cannot be, for a second without asking again.
   */
  next(): string | Promise<string>;
  /** No connection could be made to the address: it is passed over for a while, and the name resolved again. */
  failed(address: string): void;
  /** The known addresses, IPv4 first; none before the first answer. */
  current(): readonly string[];
}

/**
 * A resolver for one host. Of an IP literal and of localhost the addresses are known (RFC 6761 §6.3). Every other name
 * is resolved when it is first needed, again in the background when its time is over, and again when a connection
 * fails; meanwhile, and as long as that fails, the old addresses are used.
 */
export function createResolver(host: string, options: ResolverOptions): Resolver {
  const known = knownAddresses(host);
  const rotation = new Rotation(options.now ?? monotonicNow);
  if (known === undefined) return new NameResolver(host, rotation, options);
  rotation.replace(known);
  return {
    next: () => rotation.next() ?? host,
    failed: (address) => void rotation.failed(address),
    current: () => rotation.addresses,
  };
}

const DEADLINE_MS = 5_000;
/** The least time between two lookups of a name. */
const COOL_DOWN_MS = 1_000;
/** A lookup that is open for so long is given up: the next may begin. Until then there is one at a time. */
const GIVE_UP_MS = 60_000;

class NameResolver implements Resolver {
  readonly #host: string;
  readonly #rotation: Rotation;
  readonly #ttlMs: number;
  readonly #deadlineMs: number;
  readonly #lookup: Lookup;
  readonly #now: () => number;
  #startedAt = Number.NEGATIVE_INFINITY;
  #expiresAt = 0;
  /** The open lookup; settled without a value when it is, or at the deadline. Never rejects. */
  #open: Promise<void> | undefined;
  #lookups = 0;
  #problem: unknown;

  constructor(host: string, rotation: Rotation, options: ResolverOptions) {
    this.#host = host;
    this.#rotation = rotation;
    this.#ttlMs = options.ttlMs;
    this.#deadlineMs = options.deadlineMs ?? DEADLINE_MS;
    this.#lookup = options.lookup ?? systemLookup;
    this.#now = options.now ?? monotonicNow;
  }

  next(): string | Promise<string> {
    const address = this.#rotation.next();
    if (address === undefined) return this.#first();
    if (this.#now() >= this.#expiresAt) this.#refresh();
    return address;
  }

  failed(address: string): void {
    if (this.#rotation.failed(address)) this.#refresh();
  }

  current(): readonly string[] {
    return this.#rotation.addresses;
  }

  async #first(): Promise<string> {
    this.#refresh();
    await this.#open;
    const address = this.#rotation.next();
    if (address === undefined) throw new GatewayError("upstream_connect", { cause: this.#problem });
    return address;
  }

  /** Begins a lookup unless one is open or has just been. */
  #refresh(): void {
    const now = this.#now();
    const pauseMs = this.#open === undefined ? COOL_DOWN_MS : GIVE_UP_MS;
    if (now - this.#startedAt < pauseMs) return;
    this.#startedAt = now;
    const lookup = ++this.#lookups;
    this.#open = new Promise((settle) => {
      const timer = setTimeout(() => {
        this.#problem = new Error(`${this.#host} was not resolved within ${this.#deadlineMs} ms`);
        settle();
      }, this.#deadlineMs);
      void this.#ask(lookup).then(() => {
        clearTimeout(timer);
        settle();
      });
    });
  }

  /** An answer is taken even after the deadline, but not once a later lookup has begun. */
  async #ask(lookup: number): Promise<void> {
    let answer: readonly ResolvedAddress[] = [];
    let problem: unknown = new Error(`${this.#host} has no address`);
    try {
      answer = await this.#lookup(this.#host);
    } catch (error) {
      problem = error;
    }
    if (lookup !== this.#lookups) return;
    this.#open = undefined;
    if (answer.length === 0) {
      this.#problem = problem;
      return;
    }
    this.#rotation.replace(answer);
    this.#expiresAt = this.#now() + this.#ttlMs;
  }
}

function knownAddresses(host: string): readonly ResolvedAddress[] | undefined {
  if (host === "localhost") return LOOPBACK;
  const address = host.startsWith("[") && host.endsWith("]") ? host.slice(1, -1) : host;
  const isIpv6 = address.includes(":");
  // A zone is part of where to connect to: it stays.
  const withoutZone = isIpv6 ? address.replace(/%.+$/, "") : address;
  if (!parseAddress(withoutZone, new Int32Array(4))) return undefined;
  return [{ address, family: isIpv6 ? 6 : 4 }];
}

const LOOPBACK: readonly ResolvedAddress[] = [
  { address: "127.0.0.1", family: 4 },
  { address: "::1", family: 6 },
];

function monotonicNow(): number {
  return performance.now();
}

/** The default lookup, getaddrinfo: the answer that every other program on the machine gets. */
export function systemLookup(host: string): Promise<readonly ResolvedAddress[]> {
  return Bun.dns.lookup(host, { backend: "system" });
}
