import { opened } from "../listeners.ts";

interface Address {
  readonly host: string;
  readonly port: number;
}

/**
 * Throws an Error with a text for people if somebody listens on one of the ports. Workers share their ports, with
 * strangers of the same user too, so that they cannot tell; who does not share is refused.
 */
export function probePorts(addresses: readonly Address[]): void {
  for (const address of addresses) {
    const { host: hostname, port } = address;
    if (port === 0) continue;
    opened(address, () => Bun.listen({ hostname, port, socket: { data: () => {} } })).stop(true);
  }
}
