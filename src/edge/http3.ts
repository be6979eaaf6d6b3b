import type { ListenConfig } from "../config/schema.ts";
import { GatewayError } from "../errors.ts";
import { MAX_TIMER_MS } from "../timeouts.ts";
import type { Edge, EdgeHandler, ListenOptions } from "./edge.ts";
import { type Served, serveHttp3 } from "./serve.ts";
import { answerRequest, type ServeOwner } from "./serve-exchange.ts";
import { refusalResponse } from "./serve-reply.ts";
import type { KeyPair } from "./tls-files.ts";
import { WirePeer } from "./wire-request.ts";
import { type WireSettings, wireSettings } from "./wire-settings.ts";

export interface Http3ListenOptions extends ListenOptions {
  readonly port: number;
  /** Its certificates, the default first; they are those of the start, for Bun takes no others later. */
  readonly pairs: readonly [KeyPair, ...KeyPair[]];
}

/** HTTP/3 (RFC 9114) on a UDP port, by Bun's server. Throws if it cannot listen. */
export function listenHttp3(config: ListenConfig, handler: EdgeHandler, options: Http3ListenOptions): Edge {
  return new Http3Listener(config, handler, options);
}

/** A client with requests under way. */
interface Client {
  readonly peer: WirePeer;
  requests: number;
}

class Http3Listener implements Edge, ServeOwner {
  readonly host: string;
  readonly port: number;
  readonly tunnels = 0;
  readonly certificates: Edge["certificates"];
  readonly version = "3";
  /** Not in Bun 1.4, see https://github.com/oven-sh/bun/pull/40598. */
  readonly canReset = false;
  settings: WireSettings;
  readonly handler: EdgeHandler;
  requests = 0;
  readonly #server: Served;
  /** By address and port, which is a connection as far as Bun tells of them. */
  readonly #clients = new Map<string, Client>();

  constructor(config: ListenConfig, handler: EdgeHandler, { port, pairs, isShared }: Http3ListenOptions) {
    this.settings = wireSettings(config);
    this.handler = handler;
    this.host = config.host;
    this.certificates = pairs.map(({ names, notBefore, notAfter }) => ({ names, notBefore, notAfter }));
    this.#server = serveHttp3({ host: config.host, port, pairs, isShared: isShared === true }, (request) =>
      this.#answer(request),
    );
    this.port = this.#server.port;
  }

  /** Clients with a request under way: Bun does not tell of others. */
  get connections(): number {
    return this.#clients.size;
  }

  onRequest(): void {
    this.requests++;
  }

  /** Its certificates are those of the start. */
  prepare(config: ListenConfig): () => void {
    const settings = wireSettings(config);
    return () => {
      this.settings = settings;
    };
  }

  /** Bun's server can stop listening only as it lets its clients go. */
  shut(): void {}

  async stop(drainMs: number): Promise<void> {
    const timer = setTimeout(() => void this.#server.stop(true), Math.min(drainMs, MAX_TIMER_MS));
    await this.#server.stop(false);
    clearTimeout(timer);
  }

  #answer(request: Request): Response | Promise<Response> {
    const address = this.#server.peerOf(request);
    // The connection is gone: nobody reads what is answered.
    if (address === undefined) return new Response(null, { status: 499 });
    const key = `${address.address} ${address.port}`;
    const client = this.#clients.get(key) ?? { peer: this.#peer(address), requests: 0 };
    if (client.requests === 0 && this.#clients.size >= this.settings.maxConnections) {
      return this.#refuse(request, client.peer);
    }
    this.#clients.set(key, client);
    client.requests++;
    return answerRequest(this, request, client.peer.by(this.settings), () => {
      client.requests--;
      if (client.requests === 0) this.#clients.delete(key);
    });
  }

  #peer({ address, port }: { readonly address: string; readonly port: number }): WirePeer {
    return new WirePeer(address, port, this.settings);
  }

  #refuse(request: Request, peer: WirePeer): Response {
    const reply = this.handler.refuse(new GatewayError("overloaded"), peer.address);
    return refusalResponse(reply, request.method);
  }
}
