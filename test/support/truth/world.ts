import type { GatewayProcess } from "../gateway.ts";
import type { RawRequest } from "../messages.ts";
import { connect, type RawClient } from "../raw.ts";
import type { Script, UpstreamConnection } from "../upstream.ts";
import { type Exchange, exactly, type Refusal } from "./exchange.ts";

/** A request as a service got it. */
export interface Arrival {
  readonly request: RawRequest;
  readonly connection: UpstreamConnection;
  /** The connection had brought another one before. */
  readonly isReused: boolean;
}

/** What a kind of exchange says of itself; the rest is what is usual. */
export type Told = Pick<Exchange, "id" | "kind" | "path" | "route" | "status"> & Partial<Exchange>;

/** Of routes that are called otherwise; empty: none. */
const SERVICES: Readonly<Record<string, string>> = {
  posted: "plain",
  moved: "plain",
  kept: "cached",
  limited: "plain",
  jwt: "plain",
  keyed: "plain",
  small: "plain",
  mirrored: "plain",
  fallen: "failing",
  squeezed: "plain",
  near: "plain",
  shown: "plain",
  alone: "plain",
  mocked: "",
  fixed: "",
  away: "",
};

/** Both ends of the wire, and all that they have seen. */
export class World {
  readonly exchanges: Exchange[] = [];
  readonly refusals: Refusal[] = [];
  readonly #plans = new Map<string, Script>();
  readonly #arrivals = new Map<string, Arrival[]>();
  /** Connections that the clients have opened. */
  connections = 0;
  /** Attempts that were made for no client: services of copies, and of what the cache has refreshed. */
  readonly besides: string[] = [];
  #count = 0;

  /** For every service: each request is answered as its exchange has planned. */
  readonly script: Script = (request, connection) => {
    const id = request.header("user-agent") ?? "";
    const arrival = { request, connection, isReused: connection.requests.length > 1 };
    const arrivals = this.#arrivals.get(id);
    if (arrivals === undefined) this.#arrivals.set(id, [arrival]);
    else arrivals.push(arrival);
    return this.#plans.get(id)?.(request, connection);
  };

  newId(kind: string): string {
    this.#count++;
    return `${kind.replaceAll(" ", "-")}-${this.#count}`;
  }

  plan(id: string, script: Script): void {
    this.#plans.set(id, script);
  }

  /** What services have got of that exchange. */
  arrivalsOf(id: string): readonly Arrival[] {
    return this.#arrivals.get(id) ?? [];
  }

  /** @param listener its place in the configuration */
  async connect({ ports }: Pick<GatewayProcess, "ports">, listener = 0): Promise<RawClient> {
    const client = await connect(ports[listener] ?? 0, { halfOpen: true });
    this.connections++;
    return client;
  }

  saw(told: Told): void {
    const code = told.code;
    const attempts = "attempts" in told ? told.attempts : this.arrivalsOf(told.id).length;
    const failures = told.failures ?? [];
    this.exchanges.push({
      method: "GET",
      service: SERVICES[told.route] ?? told.route,
      code,
      attempts,
      repeats: 0,
      besides: 0,
      earlier: [],
      failures,
      heads: (attempts ?? 0) - failures.length,
      bytesIn: exactly(0),
      bytesOut: exactly(told.reply?.body.length ?? 0),
      reply: undefined,
      cache: undefined,
      isBare: false,
      headers: {},
      ...told,
    });
  }
}

/** The text of a request's head. */
export function head(
  method: string,
  target: string,
  id: string,
  lines: readonly string[] = [],
  version = "1.1",
): string {
  return `${[`${method} ${target} HTTP/${version}`, "Host: shop.test", `User-Agent: ${id}`, ...lines].join("\r\n")}\r\n\r\n`;
}
