import { until } from "./until.ts";

/** What a test says of one EndpointSlice. */
export interface SliceShape {
  readonly name: string;
  readonly addresses: readonly string[];
  /** Of endpoints that are there, but get no requests. */
  readonly notReady?: readonly string[];
  readonly ports?: readonly { readonly name: string; readonly port: number }[];
}

/** A request that came. */
export interface KubernetesRequest {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly authorization: string | null;
}

/** The EndpointSlices of an API server, listed and watched, in the shapes of discovery.k8s.io/v1 (Kubernetes 1.31). */
export interface KubernetesServer extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly KubernetesRequest[];
  /** Watches that are open. */
  readonly watches: number;
  /** The slices that a list has. */
  slices: readonly SliceShape[];
  /** Where a list stands. */
  version: string;
  /** Sends an event to every watch; a text is sent as it is. */
  send(event: unknown): void;
  /** Ends every watch as the server does when its time is over. */
  end(): void;
  /** Replaces the answers to come; undefined: the usual ones. */
  answer: ((request: KubernetesRequest) => Response | Promise<Response> | undefined) | undefined;
}

export interface KubernetesServerOptions {
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** An event of a watch. */
export function eventOf(type: "ADDED" | "MODIFIED" | "DELETED", shape: SliceShape, version: string) {
  return { type, object: sliceOf(shape, version) };
}

/** The error that ends a watch from a place that the server has forgotten. */
export const EXPIRED = {
  type: "ERROR",
  object: { kind: "Status", apiVersion: "v1", status: "Failure", message: "too old", reason: "Expired", code: 410 },
};

export function startKubernetes(options: KubernetesServerOptions = {}): KubernetesServer {
  const watches = new Set<ReadableStreamDefaultController<Uint8Array>>();
  const requests: KubernetesRequest[] = [];
  const watch = () => {
    let own: ReadableStreamDefaultController<Uint8Array> | undefined;
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) => {
        own = controller;
        watches.add(controller);
        // Nothing is sent before the first piece of a body; a blank line between events means nothing.
        controller.enqueue(new TextEncoder().encode("\n"));
      },
      cancel: () => void (own !== undefined && watches.delete(own)),
    });
    return new Response(stream, { headers: { "content-type": "application/json" } });
  };
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    development: false,
    ...options,
    async fetch(request) {
      const { pathname, searchParams } = new URL(request.url);
      const authorization = request.headers.get("authorization");
      const asked = { path: pathname, query: Object.fromEntries(searchParams), authorization };
      requests.push(asked);
      const other = await self.answer?.(asked);
      if (other !== undefined) return other;
      return asked.query.watch === undefined ? Response.json(listOf(self.slices, self.version)) : watch();
    },
  });
  const self: KubernetesServer = {
    url: `${options.tls === undefined ? "http" : "https"}://127.0.0.1:${server.port}`,
    requests,
    get watches() {
      return watches.size;
    },
    slices: [],
    version: "100",
    send: (event) => {
      const text = typeof event === "string" ? event : `${JSON.stringify(event)}\n`;
      for (const controller of watches) controller.enqueue(new TextEncoder().encode(text));
    },
    end: () => {
      for (const controller of watches) controller.close();
      watches.clear();
    },
    answer: undefined,
    [Symbol.asyncDispose]: () => server.stop(true),
  };
  return self;
}

/** Resolves when one watch is open that goes on from there. */
export async function watchedFrom(server: KubernetesServer, version: string): Promise<void> {
  const isThere = () => server.watches === 1 && server.requests.at(-1)?.query.resourceVersion === version;
  await until(isThere, { what: () => `watched from ${version}: ${JSON.stringify(server.requests.at(-1))}` });
}

function listOf(slices: readonly SliceShape[], version: string) {
  const items = slices.map((slice) => sliceOf(slice, version));
  return {
    kind: "EndpointSliceList",
    apiVersion: "discovery.k8s.io/v1",
    metadata: { resourceVersion: version },
    items,
  };
}

function sliceOf(
  { name, addresses, notReady = [], ports = [{ name: "http", port: 8080 }] }: SliceShape,
  version: string,
) {
  const endpoint = (address: string, ready: boolean) => ({
    addresses: [address],
    conditions: { ready, serving: ready, terminating: false },
    targetRef: { kind: "Pod", namespace: "shop", name: `users-${address}` },
    nodeName: "node-1",
    zone: "zone-a",
  });
  return {
    kind: "EndpointSlice",
    apiVersion: "discovery.k8s.io/v1",
    metadata: {
      name,
      namespace: "shop",
      resourceVersion: version,
      labels: { "kubernetes.io/service-name": "users" },
    },
    addressType: addresses[0]?.includes(":") ? "IPv6" : "IPv4",
    endpoints: [...addresses.map((each) => endpoint(each, true)), ...notReady.map((each) => endpoint(each, false))],
    ports: ports.map((port) => ({ ...port, protocol: "TCP" })),
  };
}
