import type { ListenerView } from "./admin/view.ts";
import { pairListeners } from "./config/pair-listeners.ts";
import type { ListenConfig } from "./config/schema.ts";
import type { Edge, EdgeHandler, ListenOptions } from "./edge/edge.ts";
import { listenEdge } from "./edge/listen.ts";
import { systemCode } from "./errors.ts";
import type { Logger } from "./observe/logger.ts";

interface OpenEdge {
  readonly scheme: string;
  /** As it was last configured. */
  readonly config: ListenConfig;
  readonly edge: Edge;
}

/** The ports for clients that are open, and those that drain. */
export class OpenEdges {
  readonly #handler: EdgeHandler;
  readonly #options: ListenOptions & { readonly log: Logger };
  readonly #draining = new Set<Edge>();
  #open: readonly OpenEdge[] = [];

  constructor(handler: EdgeHandler, options: ListenOptions & { readonly log: Logger }) {
    this.#handler = handler;
    this.#options = options;
  }

  get edges(): readonly Edge[] {
    return this.#open.map(({ edge }) => edge);
  }

  /** Each port, in the order of the configuration. */
  views(): readonly ListenerView[] {
    return this.#open.map(({ scheme, edge: { host, port, connections, tunnels, requests } }) => {
      return { scheme, host, port, connections, tunnels, requests };
    });
  }

  /**
   * Opens the ports that are new, before any other is closed, and reads what the others need. Throws an Error with a text
   * for people if a port cannot be had or a certificate not be used; then nothing has changed.
   *
   * @returns lets the change take effect, to be called at once: what is gone drains
   */
  prepare(listeners: readonly ListenConfig[]): () => void {
    const before = this.#open;
    const places = pairListeners(
      listeners,
      before.map(({ config }) => config),
    );
    const added: Edge[] = [];
    const changes: (() => void)[] = [];
    try {
      const next = listeners.map((config, index): OpenEdge => {
        const known = before[places[index] ?? -1];
        if (known === undefined) {
          const edge = this.#openEdge(config);
          added.push(edge);
          return { scheme: config.tls === undefined ? "http" : "https", config: this.#configOf(config, edge), edge };
        }
        if (!Bun.deepEquals(config, known.config)) changes.push(opened(config, () => known.edge.prepare(config)));
        return { ...known, config };
      });
      return () => this.#commit(next, changes);
    } catch (error) {
      for (const edge of added) void edge.stop(0);
      throw error;
    }
  }

  /** Stops listening, and nothing else. */
  shut(): void {
    for (const edge of this.edges) edge.shut();
  }

  /** Lets requests in flight finish for that many ms, then cuts them; also on ports that are drained already. */
  async stop(drainMs: number): Promise<void> {
    const edges = [...this.edges, ...this.#draining];
    await Promise.all(edges.map((edge) => edge.stop(drainMs)));
  }

  /** Of a port that other processes share it is told from now on which one it is, where any free one was asked for. */
  #configOf(config: ListenConfig, { port }: Edge): ListenConfig {
    return this.#options.isShared === true ? { ...config, port } : config;
  }

  #openEdge(config: ListenConfig): Edge {
    return opened(config, () => listenEdge(config, this.#handler, this.#options));
  }

  #commit(next: readonly OpenEdge[], changes: readonly (() => void)[]): void {
    const before = this.#open;
    this.#open = next;
    for (const change of changes) change();
    const known = new Set(before.map(({ edge }) => edge));
    for (const { scheme, edge } of next) {
      if (known.delete(edge)) continue;
      this.#options.log.info("listening", { scheme, host: edge.host, port: edge.port });
    }
    for (const { edge, config } of before) if (known.has(edge)) this.#drain(edge, config.timeouts.drain);
  }

  #drain(edge: Edge, drainMs: number): void {
    const { host, port } = edge;
    this.#options.log.info("no longer listening: requests in flight are finished", { host, port });
    this.#draining.add(edge);
    void edge.stop(drainMs).finally(() => this.#draining.delete(edge));
  }
}

/** What `open` opens on that address; where it cannot, an Error is thrown with a text for people. */
export function opened<T>({ host, port }: { host: string; port: number }, open: () => T): T {
  try {
    return open();
  } catch (cause) {
    throw new Error(`cannot listen on ${host}:${port}: ${reasonOf(cause)}`, { cause });
  }
}

function reasonOf(cause: unknown): string {
  const code = systemCode(cause);
  if (code === "EADDRINUSE") return "another process uses the port";
  if (code === "EACCES") return "not permitted; ports below 1024 need privileges";
  return cause instanceof Error ? cause.message : String(cause);
}
