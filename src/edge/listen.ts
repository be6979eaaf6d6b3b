import type { ListenConfig } from "../config/schema.ts";
import { Http3Advertiser } from "./alt-svc.ts";
import type { Edge, EdgeHandler, ListenOptions } from "./edge.ts";
import { listenHttp3 } from "./http3.ts";
import { readCredentials } from "./server-certificates.ts";
import { listenWire } from "./wire.ts";

/** Ports that are free for TCP and turn out not to be for UDP, before it is given up. */
const MAX_TRIES = 8;

/** Opens a listener with all the protocols that it is to serve. Throws if it cannot listen. */
export function listenEdge(config: ListenConfig, handler: EdgeHandler, options: ListenOptions = {}): Edge {
  if (!config.http3) return listenWire(config, handler, options);
  for (let tries = 1; ; tries++) {
    try {
      return listenBoth(config, handler, options);
    } catch (error) {
      if (config.port !== 0 || tries === MAX_TRIES) throw error;
    }
  }
}

/** TCP and UDP have ports of their own, and a client expects to find HTTP/3 on the one of the same number. */
function listenBoth(config: ListenConfig, handler: EdgeHandler, options: ListenOptions): Edge {
  if (config.tls === undefined) throw new Error("HTTP/3 needs tls");
  const { pairs } = readCredentials(config.tls);
  const advertiser = new Http3Advertiser(handler);
  const wire = listenWire(config, advertiser, options);
  try {
    const http3 = listenHttp3(config, handler, { ...options, port: wire.port, pairs });
    advertiser.advertise(http3.port);
    return new BothEdges(wire, http3);
  } catch (error) {
    void wire.stop(0);
    throw error;
  }
}

class BothEdges implements Edge {
  readonly #wire: Edge;
  readonly #http3: Edge;

  constructor(wire: Edge, http3: Edge) {
    this.#wire = wire;
    this.#http3 = http3;
  }

  get host(): string {
    return this.#wire.host;
  }

  get port(): number {
    return this.#wire.port;
  }

  get connections(): number {
    return this.#wire.connections + this.#http3.connections;
  }

  get certificates(): Edge["certificates"] {
    return this.#wire.certificates;
  }

  get tunnels(): number {
    return this.#wire.tunnels;
  }

  get requests(): number {
    return this.#wire.requests + this.#http3.requests;
  }

  /** Of TCP; Bun does not tell of connections of HTTP/3. */
  get accepted(): number {
    return this.#wire.accepted ?? 0;
  }

  get refused(): number {
    return this.#wire.refused ?? 0;
  }

  prepare(config: ListenConfig): () => void {
    const changes = [this.#wire.prepare(config), this.#http3.prepare(config)];
    return () => {
      for (const change of changes) change();
    };
  }

  shut(): void {
    this.#wire.shut();
    this.#http3.shut();
  }

  async stop(drainMs: number): Promise<void> {
    await Promise.all([this.#wire.stop(drainMs), this.#http3.stop(drainMs)]);
  }
}
