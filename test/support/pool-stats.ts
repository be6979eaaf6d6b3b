import type { PoolGauges } from "../../src/upstream/stats.ts";
import type { GatewayProcess } from "./gateway.ts";

/** What the admin port tells of a pool, without latencies. */
export interface PoolReport extends PoolGauges {
  readonly created: number;
  readonly reused: number;
  readonly closed: number;
  readonly errors: Readonly<Record<string, number>>;
}

interface Report {
  readonly services: readonly {
    readonly name: string;
    readonly targets: readonly { readonly pool: PoolReport }[];
  }[];
}

/** The pools of a service's targets, in the order of the configuration, as /api/services tells of them. */
export async function poolsOf(gateway: GatewayProcess, service: string): Promise<readonly PoolReport[]> {
  const response = await fetch(`http://127.0.0.1:${gateway.adminPort}/api/services`);
  const { services } = (await response.json()) as Report;
  const found = services.find(({ name }) => name === service);
  if (found === undefined) throw new Error(`there is no service ${service}`);
  return found.targets.map(({ pool }) => pool);
}

/** The pool of a service's first target. */
export async function poolOf(gateway: GatewayProcess, service: string): Promise<PoolReport> {
  const [pool] = await poolsOf(gateway, service);
  if (pool === undefined) throw new Error(`${service} has no target`);
  return pool;
}
