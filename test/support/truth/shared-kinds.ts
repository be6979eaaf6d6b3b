import type { ErrorCode } from "../../../src/errors.ts";
import { resets, response } from "../scripts.ts";
import { until } from "../until.ts";
import type { UpstreamConnection } from "../upstream.ts";
import { exactly } from "./exchange.ts";
import { type Kind, type Lane, WAIT } from "./lane.ts";
import { head } from "./world.ts";

type Step = "503" | "reset" | "ok";

/** A request that is tried again: what services do in turn. */
function retried(name: string, steps: readonly Step[], status: number, code?: ErrorCode): Kind {
  const run = async (lane: Lane) => {
    const { world } = lane;
    const id = world.newId(name);
    world.plan(id, (request, connection) => {
      const step = steps[Math.min(world.arrivalsOf(id).length, steps.length) - 1];
      if (step === "reset") return resets()(request, connection);
      return connection.send(step === "ok" ? response("ok") : response("busy", { status: 503 }));
    });
    const reply = await lane.ask(head("GET", "/twice", id));
    const took = world.arrivalsOf(id).map((_, at) => steps[Math.min(at, steps.length - 1)]);
    const repeats = world.arrivalsOf(id).filter(({ isReused }, at) => isReused && took[at] === "reset").length;
    const ended = took.filter((step) => step === "reset").length;
    const failures = Array.from({ length: ended - repeats }, () => "upstream_reset" as const);
    const heads = took.length - ended;
    const told = { id, kind: name, path: "/twice", route: "twice", status, repeats, failures, heads, reply };
    world.saw(code === undefined ? told : { ...told, code });
  };
  return { name, run };
}

function upgrade(name: string, end: (lane: Lane, ends: TunnelEnds) => Promise<ErrorCode | undefined>): Kind {
  const run = async (lane: Lane) => {
    const { world } = lane;
    const id = world.newId(name);
    const carrier = Promise.withResolvers<UpstreamConnection>();
    world.plan(id, (_, connection) => {
      connection.isRaw = true;
      void connection.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
      carrier.resolve(connection);
    });
    const client = await lane.client();
    void client.send(head("GET", "/switching", id, ["Connection: Upgrade", "Upgrade: echo"]));
    const reply = await lane.take(client);
    const connection = await carrier.promise;
    void client.send("to the service");
    await until(() => connection.inbox.rest.toString().endsWith("to the service"), WAIT);
    void connection.send("to the client");
    await client.readUntil("to the client", WAIT);
    const code = await end(lane, { client, connection });
    lane.drop();
    const told = { id, kind: name, path: "/switching", route: "switching", status: 101, reply, heads: 1 };
    world.saw({ ...told, code, bytesIn: exactly(14), bytesOut: exactly(13) });
  };
  return { name, run };
}

interface TunnelEnds {
  readonly client: Awaited<ReturnType<Lane["client"]>>;
  readonly connection: UpstreamConnection;
}

/** Exchanges that are more than one request to one service. */
export const SHARED_KINDS: readonly Kind[] = [
  retried("tried again after 503", ["503", "ok"], 200),
  retried("tried again after a reset", ["reset", "ok"], 200),
  retried("all tries fail", ["reset"], 502, "upstream_reset"),
  retried("all tries are answered 503", ["503"], 503),
  retried("503, then reset", ["503", "reset"], 502, "upstream_reset"),
  {
    name: "half dead",
    async run(lane) {
      const { world } = lane;
      const id = world.newId("half dead");
      world.plan(id, (_, connection) => connection.send(response("ok")));
      const reply = await lane.ask(head("GET", "/half-dead", id));
      const attempts = Number(reply.header("x-attempts"));
      const failures = Array.from({ length: attempts - 1 }, () => "upstream_connect" as const);
      world.saw({
        id,
        kind: "half dead",
        path: "/half-dead",
        route: "half-dead",
        status: 200,
        attempts,
        failures,
        reply,
      });
    },
  },
  {
    name: "hedged",
    async run(lane) {
      const { world } = lane;
      const id = world.newId("hedged");
      world.plan(id, (_, connection) => {
        if (world.arrivalsOf(id).length === 2) void connection.send(response("second"));
      });
      const reply = await lane.ask(head("GET", "/hedged", id));
      world.saw({ id, kind: "hedged", path: "/hedged", route: "hedged", status: 200, heads: 1, reply });
    },
  },
  upgrade("tunnel that both end", async (_, { client, connection }) => {
    client.halfClose();
    await until(() => connection.isEnded, WAIT);
    connection.close();
    await client.waitForClosed(WAIT);
    return undefined;
  }),
  upgrade("tunnel that the client resets", async (_, { client }) => {
    client.reset();
    return "client_closed";
  }),
  upgrade("tunnel that the service resets", async (_, { client, connection }) => {
    connection.reset();
    await client.waitForClosed(WAIT);
    return "upstream_reset";
  }),
  {
    name: "upgrade that is refused",
    async run(lane) {
      const { world } = lane;
      const id = world.newId("refused upgrade");
      world.plan(id, (_, connection) => connection.send(response("no", { status: 403 })));
      const reply = await lane.ask(head("GET", "/switching", id, ["Connection: Upgrade", "Upgrade: echo"]));
      world.saw({ id, kind: "refused upgrade", path: "/switching", route: "switching", status: 403, reply });
    },
  },
];
