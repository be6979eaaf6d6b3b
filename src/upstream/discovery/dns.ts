import type { Clock } from "./clock.ts";
import type { AddressRecord, DnsClient } from "./dns-client.ts";
import type { Source, SourceSink } from "./source.ts";
import { foundUrl } from "./target-url.ts";

export interface DnsOptions {
  readonly name: string;
  readonly port: number;
  readonly scheme: "http" | "https";
  /** Bounds of the time after which the name is resolved again, in ms. */
  readonly minTtlMs: number;
  readonly maxTtlMs: number;
}

/** Every address of a name, A and AAAA, is a target; asked for again when the first record's time to live is over. */
export function dnsSource(options: DnsOptions, client: DnsClient, clock: Clock): Source {
  return new DnsSource(options, client, clock);
}

class DnsSource implements Source {
  readonly label: string;
  readonly #options: DnsOptions;
  readonly #client: DnsClient;
  readonly #clock: Clock;
  /** Of each family what was answered last: one that fails does not take its targets away. */
  readonly #known = new Map<4 | 6, readonly AddressRecord[]>();

  constructor(options: DnsOptions, client: DnsClient, clock: Clock) {
    this.label = `dns ${options.name}`;
    this.#options = options;
    this.#client = client;
    this.#clock = clock;
  }

  async follow(sink: SourceSink, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const records = await this.#ask();
      const { scheme, port } = this.#options;
      sink.found(records.map(({ address }) => ({ url: foundUrl(scheme, address, port), weight: 1 })));
      await this.#clock.sleep(this.#ttlMs(records), signal);
    }
  }

  /** A name without addresses is a failure: a server that has lost its data says the same. */
  async #ask(): Promise<readonly AddressRecord[]> {
    const { name } = this.#options;
    const answers = await Promise.allSettled([this.#askFor(4), this.#askFor(6)]);
    const failed = answers.find((answer) => answer.status === "rejected");
    const records = [...(this.#known.get(4) ?? []), ...(this.#known.get(6) ?? [])];
    if (answers.every((answer) => answer.status === "rejected")) throw failed?.reason;
    if (records.length > 0) return records;
    throw failed?.reason ?? new Error(`${name} has no address`);
  }

  async #askFor(family: 4 | 6): Promise<void> {
    this.#known.set(family, await this.#client.addresses(this.#options.name, family));
  }

  #ttlMs(records: readonly AddressRecord[]): number {
    const { minTtlMs, maxTtlMs } = this.#options;
    const ttlMs = Math.min(...records.map(({ ttl }) => ttl * 1_000));
    return Math.max(minTtlMs, Math.min(maxTtlMs, ttlMs));
  }
}
