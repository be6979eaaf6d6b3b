import type { SocketEvents, TunnelSocket } from "../message/tunnel.ts";
import type { EdgeHandler } from "./edge.ts";
import type { WireSettings } from "./wire-settings.ts";

/** A client's socket as its connection uses it. */
export interface ClientSocket extends TunnelSocket {
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** Where its events go. */
  data: ClientEvents | undefined;
  write(data: Uint8Array, offset?: number, length?: number): number;
  end(): unknown;
}

/** What happens on a client's socket. */
export interface ClientEvents extends SocketEvents {
  /** The connection has failed, or a handler has thrown. */
  onError(cause: Error): void;
}

/** How many tunnels a listener has, and may have. */
export interface TunnelSlots {
  taken: number;
  readonly hasFree: boolean;
}

/** A connection as its listener has it. */
export interface ListedConnection {
  /** The gateway stops: an idle connection ends in a moment, another after its reply. */
  drain(): void;
  /** Time is up: it ends now, whatever runs on it. */
  abort(): void;
}

/** The listener that a connection came in by. */
export interface WireOwner {
  readonly settings: WireSettings;
  readonly handler: EdgeHandler;
  readonly isDraining: boolean;
  readonly slots: TunnelSlots;
  /** Ever received, with a head that was in order. */
  requests: number;
  /** A connection has become a tunnel. */
  onUpgraded(connection: ListedConnection, tunnel: ListedConnection): void;
  onClosed(connection: ListedConnection): void;
}
