import type { GatewayError } from "../errors.ts";
import type { SocketEvents } from "../message/tunnel.ts";

/** Whoever the events of an open connection to a target go to. */
export interface ConnectionEvents extends SocketEvents {
  /** Ends the connection. */
  close(error: GatewayError): void;
}
