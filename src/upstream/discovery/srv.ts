import type { Clock } from "./clock.ts";
import type { DnsClient, SrvRecord } from "./dns-client.ts";
import type { FoundTarget, Source } from "./source.ts";
import { foundUrl } from "./target-url.ts";

export interface SrvOptions {
  readonly name: string;
  readonly scheme: "http" | "https";
  /** How long an answer is used, in ms: the system does not tell the TTL of SRV records. */
  readonly refreshMs: number;
}

/** The weight 0 of a record beside others: hardly any requests (RFC 2782). */
const HARDLY_ANY = 0.01;

/** The SRV records of a name: hosts with ports, of which those of the first priority are the targets. */
export function srvSource({ name, scheme, refreshMs }: SrvOptions, client: DnsClient, clock: Clock): Source {
  return {
    label: `srv ${name}`,
    async follow(sink, signal) {
      while (!signal.aborted) {
        const records = await client.services(name);
        if (records.length === 0) throw new Error(`${name} has no SRV record`);
        sink.found(srvTargets(records, scheme));
        await clock.sleep(refreshMs, signal);
      }
    },
  };
}

/** The targets that records stand for. A single one without a host says that there is no service (RFC 2782). */
export function srvTargets(records: readonly SrvRecord[], scheme: "http" | "https"): readonly FoundTarget[] {
  const present = records.filter(({ name }) => name !== "" && name !== ".");
  const priority = Math.min(...present.map((record) => record.priority));
  const first = present.filter((record) => record.priority === priority);
  const hasWeights = first.some(({ weight }) => weight > 0);
  return first.map(({ name, port, weight }) => ({
    url: foundUrl(scheme, name.replace(/\.$/, ""), port),
    weight: !hasWeights ? 1 : weight === 0 ? HARDLY_ANY : weight,
  }));
}
