import { opened } from "../open-edges.ts";

interface Address {
  readonly host: string;
  readonly port: number;
}

/**
 * Throws an Error with a text for people if somebody listens on one of the ports. Workers share their ports, with
 * strangers of the same user too, so that they cannot tell; who does not share is refused.
 *
 * @returns the ports: where any was asked for, one that is free
 */
export function probePorts(addresses: readonly Address[]): readonly number[] {
  return addresses.map((address) => {
    const { host: hostname, port } = address;
    const listener = opened(address, () => Bun.listen({ hostname, port, socket: { data: () => {} } }));
    listener.stop(true);
    return listener.port;
  });
}
