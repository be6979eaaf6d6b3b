import { Resolver } from "node:dns/promises";
import type { ResolvedAddress } from "../rotation.ts";

/** An address with the seconds for which it may be used. */
export interface AddressRecord {
  readonly address: string;
  readonly ttl: number;
}

/** An SRV record (RFC 2782). */
export interface SrvRecord {
  readonly name: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
}

/** Asks DNS servers. Rejects with what the server or the wait for it has said. */
export interface DnsClient {
  /** The addresses of one family; none if the name has none. */
  addresses(name: string, family: 4 | 6): Promise<readonly AddressRecord[]>;
  /** None if the name has none. */
  services(name: string): Promise<readonly SrvRecord[]>;
}

/** Codes that are answers: there is no such name, or nothing of that kind. */
const NONE: ReadonlySet<unknown> = new Set(["ENOTFOUND", "ENODATA"]);
const TIMEOUT_MS = 2_000;
const TRIES = 2;

/** Asks these servers, `host:port`, or those of the system if there is none; not the hosts file. */
export function createDnsClient(servers: readonly string[] = []): DnsClient {
  // A resolver keeps answers of its own for as long as their records say; one that is new has none, and finds the
  // system's servers as they are now.
  const fresh = () => {
    const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES });
    if (servers.length > 0) resolver.setServers([...servers]);
    return resolver;
  };
  return {
    async addresses(name, family) {
      const resolver = fresh();
      const options = { ttl: true } as const;
      return withTtl(await orNone(family === 4 ? resolver.resolve4(name, options) : resolver.resolve6(name, options)));
    },
    services: (name) => orNone(fresh().resolveSrv(name)),
  };
}

/** All addresses of a name, IPv4 first, for the connections to a target. */
export async function lookupBy(client: DnsClient, name: string): Promise<readonly ResolvedAddress[]> {
  const [four, six] = await Promise.allSettled([client.addresses(name, 4), client.addresses(name, 6)]);
  if (four.status === "rejected" && six.status === "rejected") throw four.reason;
  return [...familyOf(four, 4), ...familyOf(six, 6)];
}

function familyOf(answer: PromiseSettledResult<readonly AddressRecord[]>, family: 4 | 6): readonly ResolvedAddress[] {
  return answer.status === "rejected" ? [] : answer.value.map(({ address }) => ({ address, family }));
}

/** Of the records of a name, which all have the same time to live (RFC 2181 §5.2), Bun tells it of the first 256. */
function withTtl(
  records: readonly { readonly address: string; readonly ttl: number | undefined }[],
): readonly AddressRecord[] {
  const least = Math.min(...records.flatMap(({ ttl }) => ttl ?? []));
  return records.map(({ address, ttl = least }) => ({ address, ttl }));
}

async function orNone<T>(answer: Promise<readonly T[]>): Promise<readonly T[]> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Error && "code" in error && NONE.has(error.code)) return [];
    throw error;
  }
}
