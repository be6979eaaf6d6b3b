import type { ServiceConfig } from "../../config/schema.ts";
import { Context } from "../../context.ts";
import { GatewayError } from "../../errors.ts";
import { Body } from "../../message/body.ts";
import { HeaderList } from "../../message/headers.ts";
import { awaitable } from "../../message/pending.ts";
import type { Reply } from "../../message/reply.ts";
import type { GatewayRequest } from "../../message/request.ts";
import type { Dialer } from "../dial.ts";
import { Exchange } from "../exchange.ts";
import { Pool } from "../pool.ts";
import { TargetStats } from "../stats.ts";
import type { UpstreamTimeouts } from "../timeouts.ts";
import { type Check, MOST_OPEN } from "./check.ts";
import { readStart } from "./read-start.ts";

export type HealthConfig = NonNullable<ServiceConfig["health"]>;

/** Of a body that has to match. */
const MOST_BYTES = 65_536;
/** A connection for each check, so that a target that takes no new ones is found out. */
const LIMITS = { maxConnections: MOST_OPEN, maxTunnels: 0, maxIdle: 0, maxPending: 0, maxAgeMs: -1 };

/** Sends a request over a connection of its own, with the client that requests use. */
export function httpCheck(config: HealthConfig, dialer: Dialer, timeouts: UpstreamTimeouts): Check {
  const headers = new HeaderList();
  headers.set("user-agent", "sluice-health-check");
  for (const [name, value] of Object.entries(config.headers)) headers.set(name.toLowerCase(), value);
  const host = headers.get("host") ?? dialer.address.hostHeader;
  const isExpected = statusTest(config.statuses);
  const pattern = config.body === undefined ? undefined : new RegExp(config.body);
  const stats = new TargetStats();
  const pool = new Pool(dialer, LIMITS, timeouts, stats);
  return {
    async run(signal) {
      const ctx = new Context(createRequest(config, dialer, headers.copy(), host), performance.now());
      const exchange = new Exchange(ctx, host, stats);
      ctx.inFlight = exchange;
      const onAbort = () => exchange.cancel(timedOut());
      signal.addEventListener("abort", onAbort, { once: true });
      pool.submit(exchange, performance.now());
      const reply = await awaitable(exchange);
      return judge(reply, signal);
    },
    close: () => pool.close(),
  };

  async function judge(reply: Reply, signal: AbortSignal): Promise<string | undefined> {
    if (!isExpected(reply.status)) {
      reply.discard();
      return `status ${reply.status}`;
    }
    if (pattern === undefined) {
      reply.discard();
      return undefined;
    }
    return pattern.test(await readStart(reply.body, MOST_BYTES, signal)) ? undefined : "the body does not match";
  }
}

function timedOut(): GatewayError {
  return new GatewayError("upstream_timeout");
}

function createRequest(config: HealthConfig, { address }: Dialer, headers: HeaderList, host: string): GatewayRequest {
  const mark = config.path.indexOf("?");
  const scheme = address.isTls ? "https" : "http";
  return {
    method: config.method,
    scheme,
    host,
    path: mark < 0 ? config.path : config.path.slice(0, mark),
    query: mark < 0 ? undefined : config.path.slice(mark + 1),
    version: "1.1",
    headers,
    body: Body.empty,
    // Nobody is behind it: there is nothing to say in X-Forwarded-For and the like.
    peer: {
      address: "127.0.0.1",
      port: 0,
      clientAddress: "127.0.0.1",
      isTrustedProxy: false,
      forwarded: { host, scheme, lines: "" },
    },
  };
}

/** `200` is one status, `2xx` a class. */
function statusTest(statuses: HealthConfig["statuses"]): (status: number) => boolean {
  const exact = new Set(statuses.filter((status) => typeof status === "number"));
  const classes = new Set(statuses.flatMap((status) => (typeof status === "string" ? [Number(status[0])] : [])));
  return (status) => exact.has(status) || classes.has(Math.floor(status / 100));
}
