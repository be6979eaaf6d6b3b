/** A connection as the tunnel through it uses it. When it is closed nothing of this does anything. */
export interface TunnelSocket {
  /** Returns the bytes taken, fewer than given under back-pressure, −1 when closed. */
  write(data: Uint8Array): number;
  pause(): void;
  resume(): void;
  /** Sends FIN; the other direction goes on. */
  shutdown(): unknown;
  /** Resets the connection. */
  terminate(): void;
}

/** What happens on a connection. */
export interface SocketEvents {
  onData(bytes: Buffer): void;
  /** It takes bytes again. */
  onDrain(): void;
  /** The peer sends no more. */
  onEnd(): void;
  /** It is gone in both directions; nothing follows. */
  onClose(cause: Error | undefined): void;
}

/** The connection of a target that has switched to another protocol (RFC 9110 §15.2.2), held until it is started. */
export interface Upgraded extends TunnelSocket {
  /** What it has switched to, in lower case. */
  readonly protocol: string;
  /** Without a byte in either direction the tunnel ends after so many ms. */
  readonly idleMs: number;
  /** From now on all that happens is told, beginning with the bytes that are there already. */
  start(events: SocketEvents): void;
}

/** The other protocols that a client offers to go on with (RFC 9110 §7.8). */
export interface UpgradeOffer {
  /** As the client lists them; once a route has matched, those that it allows. */
  protocols: readonly string[];
  /** Counts a tunnel for the request; false if the listener has no more, or stops. */
  reserve(): boolean;
  /** Gives back what was reserved, if it was. */
  release(): void;
}
