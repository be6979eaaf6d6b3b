import type { GatewayError } from "../errors.ts";
import type { UpstreamConnection } from "./connection.ts";
import type { Exchange } from "./exchange.ts";
import type { UpstreamTimeouts } from "./timeouts.ts";

/** The pool that a connection belongs to. */
export interface ConnectionOwner {
  /** They change when the service's configuration does. */
  readonly timeouts: UpstreamTimeouts;
  /** It can run another exchange. */
  onReusable(connection: UpstreamConnection, now: number): void;
  /** The target has failed in the body of a reply, whose exchange has ended well. */
  onBroken(error: GatewayError): void;
  /** It carries a tunnel from now on. */
  onUpgraded(): void;
  /** It is gone; `repeat` is the exchange that has to run again on a new connection, if there is one. */
  onClosed(connection: UpstreamConnection, repeat: Exchange | undefined): void;
  /** It has been idle for its time. */
  onIdleTimeout(connection: UpstreamConnection): void;
}
