import { itemsOf, objectOf, textOf } from "./json.ts";
import type { FoundTarget } from "./source.ts";
import { foundUrl } from "./target-url.ts";

/** An EndpointSlice of `discovery.k8s.io/v1`, as far as it is of interest. */
export interface EndpointSlice {
  readonly name: string;
  readonly ports: readonly { readonly name: string; readonly port: number }[];
  /** Addresses of the endpoints that are ready. */
  readonly addresses: readonly string[];
}

/** Reads an EndpointSlice. Throws if it is none. */
export function readSlice(value: unknown): EndpointSlice {
  const slice = objectOf(value);
  const name = textOf(objectOf(slice?.metadata)?.name);
  if (slice === undefined || name === undefined) throw new Error("an EndpointSlice has no name");
  const endpoints = itemsOf(slice.endpoints, "endpoints").map(objectOf);
  return {
    name,
    ports: itemsOf(slice.ports, "ports").flatMap((item) => {
      const { name: portName, port } = objectOf(item) ?? {};
      return typeof port === "number" ? [{ name: textOf(portName) ?? "", port }] : [];
    }),
    addresses: endpoints
      .filter((endpoint) => isReady(endpoint?.conditions))
      .flatMap((endpoint) => itemsOf(endpoint?.addresses, "addresses").flatMap((address) => textOf(address) ?? [])),
  };
}

/** The targets of a service's slices. Throws if they do not tell which port is meant. */
export function sliceTargets(
  slices: Iterable<EndpointSlice>,
  port: string | number | undefined,
  scheme: "http" | "https",
): readonly FoundTarget[] {
  return [...slices]
    .filter(({ addresses }) => addresses.length > 0)
    .flatMap((slice) => {
      const number = portOf(slice, port);
      return slice.addresses.map((address) => ({ url: foundUrl(scheme, address, number), weight: 1 }));
    });
}

/** Where it is not said, an endpoint is ready. */
function isReady(conditions: unknown): boolean {
  return objectOf(conditions)?.ready !== false;
}

function portOf({ name, ports }: EndpointSlice, wanted: string | number | undefined): number {
  const [first] = ports;
  if (wanted === undefined) {
    if (first !== undefined && ports.length === 1) return first.port;
    throw new Error(`the EndpointSlice ${name} has ${ports.length} ports: say which one is meant`);
  }
  const found = ports.find((each) => (typeof wanted === "number" ? each.port === wanted : each.name === wanted));
  if (found === undefined) throw new Error(`the EndpointSlice ${name} has no port ${wanted}`);
  return found.port;
}
