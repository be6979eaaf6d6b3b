import { until } from "./until.ts";

/** An instance that passes its checks. */
export interface ConsulInstance {
  /** "" to be at the node's address. */
  readonly address: string;
  readonly port: number;
  readonly weight?: number;
}

/** A question that came. */
export interface ConsulQuestion {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly token: string | null;
}

/** The health endpoint of Consul's HTTP API, with blocking queries, in the shapes of version 1.20. */
export interface ConsulServer extends AsyncDisposable {
  readonly url: string;
  readonly questions: readonly ConsulQuestion[];
  /** Questions that wait for a change. */
  readonly waiting: number;
  /** Replaces the instances; those who wait are told. `index`: one more than before unless told. */
  set(instances: readonly ConsulInstance[], index?: number): void;
  /** Replaces the answers to come; undefined: the usual ones. */
  answer: (() => Response | Promise<Response>) | undefined;
  waitForQuestions(count: number): Promise<void>;
}

const NODE_ADDRESS = "10.9.9.9";

export function startConsul(): ConsulServer {
  let index = 10;
  let instances: readonly ConsulInstance[] = [];
  let change = Promise.withResolvers<void>();
  let waiting = 0;
  const questions: ConsulQuestion[] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    development: false,
    async fetch(request) {
      const { pathname, searchParams } = new URL(request.url);
      const query = Object.fromEntries(searchParams);
      questions.push({ path: pathname, query, token: request.headers.get("x-consul-token") });
      if (self.answer !== undefined) return await self.answer();
      if (Number(query.index ?? 0) >= index) {
        waiting++;
        const gone = new Promise<void>((resolve) => request.signal.addEventListener("abort", () => resolve()));
        await Promise.race([change.promise, gone]);
        waiting--;
      }
      return Response.json(instances.map(shapeOf), { headers: { "x-consul-index": `${index}` } });
    },
  });
  const self: ConsulServer = {
    url: `http://127.0.0.1:${server.port}`,
    questions,
    get waiting() {
      return waiting;
    },
    set: (next, nextIndex = index + 1) => {
      instances = next;
      index = nextIndex;
      change.resolve();
      change = Promise.withResolvers();
    },
    answer: undefined,
    waitForQuestions: async (count) => {
      await until(() => questions.length >= count, { what: `${count} questions came` });
    },
    [Symbol.asyncDispose]: async () => {
      change.resolve();
      await server.stop(true);
    },
  };
  return self;
}

function shapeOf({ address, port, weight }: ConsulInstance, i: number) {
  return {
    Node: {
      ID: `40e4a748-2192-161a-0510-9bf59fe950b${i}`,
      Node: "agent-one",
      Address: NODE_ADDRESS,
      Datacenter: "dc1",
      TaggedAddresses: { lan: NODE_ADDRESS, wan: NODE_ADDRESS },
      Meta: { "consul-network-segment": "" },
    },
    Service: {
      ID: `users-${i}`,
      Service: "users",
      Tags: ["v2"],
      Address: address,
      TaggedAddresses: { lan_ipv4: { Address: address, Port: port } },
      Meta: {},
      Port: port,
      ...(weight === undefined ? {} : { Weights: { Passing: weight, Warning: 1 } }),
      EnableTagOverride: false,
      Proxy: { Mode: "", MeshGateway: {}, Expose: {} },
      Connect: {},
      PeerName: "",
      CreateIndex: 11,
      ModifyIndex: 11,
    },
    Checks: [{ Node: "agent-one", CheckID: "serfHealth", Name: "Serf Health Status", Status: "passing", Output: "" }],
  };
}
