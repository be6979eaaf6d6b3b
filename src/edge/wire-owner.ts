import type { WritableSocket } from "../http1/writer.ts";
import type { EdgeHandler } from "./edge.ts";
import type { WireSettings } from "./wire-settings.ts";

/** A client's socket as its connection uses it. */
export interface ClientSocket extends WritableSocket {
  readonly remoteAddress: string;
  readonly remotePort: number;
  pause(): void;
  resume(): void;
  end(): unknown;
  terminate(): void;
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
  onClosed(connection: ListedConnection): void;
}
