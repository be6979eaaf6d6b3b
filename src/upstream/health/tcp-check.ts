import { GatewayError } from "../../errors.ts";
import { type Dialer, type DialOwner, openConnection } from "../dial.ts";
import type { UpstreamTimeouts } from "../timeouts.ts";
import { type Check, MOST_OPEN } from "./check.ts";

/** Opens a connection, with its TLS handshake, and closes it. */
export function tcpCheck(dialer: Dialer, timeouts: UpstreamTimeouts): Check {
  let open = 0;
  return {
    run: () =>
      new Promise((resolve, reject) => {
        if (open >= MOST_OPEN) return reject(new GatewayError("upstream_timeout"));
        open++;
        const owner: DialOwner = {
          timeouts,
          onDialed(connection) {
            connection.close(DONE);
            resolve(undefined);
          },
          onDialFailed: reject,
          onDialClosed: () => open--,
          onReusable: nothing,
          onBroken: nothing,
          onUpgraded: nothing,
          onClosed: () => open--,
          onIdleTimeout: nothing,
        };
        openConnection(dialer, owner);
      }),
    close: nothing,
  };
}

/** Nothing runs on the connection: nobody is told. */
const DONE = new GatewayError("upstream_reset");

function nothing(): void {}
