import { decodeValue } from "../../src/config/decode.ts";
import type { ServiceConfig } from "../../src/config/schema.ts";
import { Service } from "../../src/config/schema-service.ts";
import type { Context } from "../../src/context.ts";
import { GatewayError } from "../../src/errors.ts";
import { awaitable } from "../../src/message/pending.ts";
import type { Reply } from "../../src/message/reply.ts";
import { createNullLogger } from "../../src/observe/log.ts";
import { createContext, type TestRequest } from "../../src/testing/request.ts";
import { parseTargetUrl } from "../../src/upstream/address.ts";
import { TargetHealth } from "../../src/upstream/health/target-health.ts";
import { createResolver, type Resolver } from "../../src/upstream/resolve.ts";
import { Target } from "../../src/upstream/target.ts";
import { upstreamTimeouts } from "../../src/upstream/timeouts.ts";

/** The reply to a request that is sent to a target. */
export async function sent(target: Target, ctx: Context): Promise<Reply> {
  return awaitable(target.send(ctx));
}

/** A service's configuration as it is written in the YAML, defaults filled in. */
export function serviceConfig(yaml: Readonly<Record<string, unknown>>): ServiceConfig {
  const decoded = decodeValue(Service, yaml, import.meta.dir);
  if (!decoded.ok) throw new Error(decoded.problems.join("; "));
  return decoded.value as ServiceConfig;
}

export interface TargetSettings {
  readonly pool?: Readonly<Record<string, unknown>>;
  readonly timeouts?: Readonly<Record<string, unknown>>;
  readonly preserveHost?: boolean;
  /** Knows the addresses; by default those of the URL's host. */
  readonly resolver?: Resolver;
}

/** A target on its own, with a pool and timeouts as in the YAML. */
export function targetOf(url: string, settings: TargetSettings = {}): Target {
  const config = serviceConfig({ targets: [url], pool: settings.pool ?? {}, timeouts: settings.timeouts ?? {} });
  const address = parseTargetUrl(url);
  if (address === undefined) throw new Error(`${url} is no URL of a target`);
  const resolver = settings.resolver ?? createResolver(address.host, { ttlMs: 30_000 });
  const limits = {
    maxConnections: config.pool["max-connections"],
    maxTunnels: config.pool["max-tunnels"],
    maxIdle: config.pool["max-idle"],
    maxPending: config.pool["max-pending"],
    maxAgeMs: config.pool["max-age"],
  };
  const options = {
    weight: 1,
    preserveHost: settings.preserveHost ?? false,
    limits,
    timeouts: upstreamTimeouts(config),
    health: new TargetHealth({
      log: createNullLogger(),
      now: Date.now,
      elapsed: performance.now,
      slowStartMs: () => 0,
    }),
  };
  return new Target({ address, resolver, tls: undefined }, options);
}

export function contextOf(request: TestRequest = {}): Context {
  return createContext(request, undefined, undefined);
}

/** Sends a request; answers status and body, or the code of the error. */
export async function outcomeOf(target: Target, request: TestRequest | Context = {}): Promise<string> {
  const ctx = "inFlight" in request ? request : contextOf(request);
  try {
    const reply = await sent(target, ctx);
    return `${reply.status} ${await reply.body.text(1_000_000)}`;
  } catch (error) {
    return error instanceof GatewayError ? error.code : String(error);
  }
}
