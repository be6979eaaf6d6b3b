import type { ErrorCode } from "../../../src/errors.ts";
import { closes, hangs, replies, resets, response } from "../scripts.ts";
import type { Script, UpstreamConnection } from "../upstream.ts";
import { exactly } from "./exchange.ts";
import { type Kind, type Lane, WAIT } from "./lane.ts";
import { head, type World } from "./world.ts";

/** Attempts that the gateway makes once more: their connections had been used, and ended without a byte. */
export function repeatsOf(world: World, id: string): number {
  return world.arrivalsOf(id).filter(({ isReused }) => isReused).length;
}

/** The service ends the connection, or is silent, before a reply's head. */
function unanswered(name: string, route: string, status: number, code: ErrorCode, script?: Script): Kind {
  const run = async (lane: Lane) => {
    const { world } = lane;
    const id = world.newId(name);
    if (script !== undefined) world.plan(id, script);
    const reply = await lane.ask(head("GET", `/${route}`, id));
    const isEnded = script !== undefined && code === "upstream_reset";
    const repeats = isEnded ? repeatsOf(world, id) : 0;
    // Where time was over before the service has looked, it may not have seen the request at all.
    const attempts = code === "upstream_timeout" || script === undefined ? 1 : world.arrivalsOf(id).length;
    world.saw({
      id,
      kind: name,
      path: `/${route}`,
      route: route.split("/")[0] ?? route,
      status,
      code,
      attempts,
      repeats,
      failures: [code],
      heads: 0,
      reply,
    });
  };
  return { name, run };
}

/** The service ends in the middle of a body whose beginning the client has. */
function cutOff(name: string, route: string, code: ErrorCode, end: (connection: UpstreamConnection) => void): Kind {
  const run = async (lane: Lane) => {
    const { world } = lane;
    const id = world.newId(name);
    const isChunked = lane.random.once(2);
    const begun = isChunked
      ? "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"
      : "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf";
    const arrived = Promise.withResolvers<UpstreamConnection>();
    world.plan(id, (_, connection) => {
      void connection.send(begun);
      arrived.resolve(connection);
    });
    const client = await lane.client();
    const path = route === "plain" ? `/plain/${id}` : `/${route}`;
    void client.send(head("GET", path, id));
    await client.readUntil("half", WAIT);
    end(await arrived.promise);
    await client.waitForClosed(WAIT);
    lane.drop();
    const told = { id, kind: name, path, route, status: 200, code, failures: [code] };
    world.saw({ ...told, heads: 1, bytesOut: exactly(4) });
  };
  return { name, run };
}

/** Exchanges that a service spoils. */
export const BROKEN_KINDS: readonly Kind[] = [
  unanswered("refused connection", "dead", 502, "upstream_connect"),
  unanswered("no connection in time", "hole", 504, "upstream_timeout"),
  unanswered("no head in time", "slow", 504, "upstream_timeout", hangs()),
  unanswered("closed before a byte", "plain/closes", 502, "upstream_reset", closes()),
  unanswered("reset before a byte", "plain/resets", 502, "upstream_reset", resets()),
  unanswered("closed in the head", "plain/head", 502, "upstream_invalid", async (_, connection) => {
    await connection.send("HTTP/1.1 200 OK\r\nContent-Le");
    connection.close();
  }),
  unanswered("garbage", "plain/garbage", 502, "upstream_invalid", replies("SSH-2.0-OpenSSH_9.2\r\n")),
  cutOff("closed in the body", "plain", "upstream_reset", (connection) => connection.close()),
  cutOff("reset in the body", "plain", "upstream_reset", (connection) => connection.reset()),
  cutOff("silent in the body", "idle", "upstream_timeout", () => {}),
  {
    name: "post on a connection that ends",
    async run(lane) {
      const { world } = lane;
      const id = world.newId("stale post");
      world.plan(id, resets());
      const text = head("POST", "/posted", id, ["Content-Length: 3"]);
      const reply = await lane.ask(`${text}abc`, "POST");
      const told = { id, kind: "stale post", method: "POST", path: "/posted", route: "posted" };
      const code = "upstream_reset" as const;
      world.saw({ ...told, status: 502, code, failures: [code], heads: 0, bytesIn: exactly(3), reply });
    },
  },
  {
    name: "get on a connection that ends",
    async run(lane) {
      const { world } = lane;
      const id = world.newId("stale get");
      world.plan(id, (_, connection) => {
        const isFirst = world.arrivalsOf(id).length === 1;
        if (isFirst && world.arrivalsOf(id)[0]?.isReused === true) connection.reset();
        else void connection.send(response("ok"));
      });
      const path = `/plain/${id}`;
      const reply = await lane.ask(head("GET", path, id));
      const repeats = world.arrivalsOf(id).length - 1;
      world.saw({ id, kind: "stale get", path, route: "plain", status: 200, repeats, heads: 1, reply });
    },
  },
  {
    name: "early reply",
    async run(lane) {
      const { world } = lane;
      const id = world.newId("early reply");
      const path = `/early/${id}`;
      world.plan(id, replies(response("no more", { status: 403 })));
      const client = await lane.client();
      void client.send(`${head("POST", path, id, ["Content-Length: 500000"])}begun`);
      const reply = await lane.take(client, "POST");
      lane.drop();
      const told = { id, kind: "early reply", method: "POST", path, route: "early", status: 403 };
      world.saw({ ...told, bytesIn: [0, 5], reply });
    },
  },
];
