import { hangs } from "../scripts.ts";
import { until } from "../until.ts";
import { exactly } from "./exchange.ts";
import { type Kind, type Lane, WAIT } from "./lane.ts";
import { head } from "./world.ts";

const CLOSED = { code: "client_closed" } as const;

/** When a service has a request, so that the gateway has, too. */
async function arrival(lane: Lane, id: string, count = 1): Promise<void> {
  const { world } = lane;
  await until(() => world.arrivalsOf(id).length >= count, { ...WAIT, what: `${id} has arrived` });
}

/** A client that leaves in the middle of a body that it sends. */
function leavesInBody(name: string, how: "reset" | "halfClose"): Kind {
  const run = async (lane: Lane) => {
    const { world } = lane;
    const id = world.newId(name);
    const path = `/early/${id}`;
    world.plan(id, hangs());
    const client = await lane.client();
    void client.send(`${head("POST", path, id, ["Content-Length: 1000"])}0123456789`);
    await arrival(lane, id);
    const [carrier] = world.arrivalsOf(id);
    const hasBody = () => carrier?.connection.inbox.rest.toString("latin1").endsWith("0123456789");
    await until(hasBody, { ...WAIT, what: "the beginning of the body has come through" });
    client[how]();
    lane.drop();
    const told = { id, kind: name, method: "POST", path, route: "early", status: 499, ...CLOSED };
    world.saw({ ...told, heads: 0, bytesIn: exactly(10) });
  };
  return { name, run };
}

/** Exchanges that their clients give up. */
export const GONE_KINDS: readonly Kind[] = [
  {
    name: "left in the head",
    async run(lane) {
      lane.drop();
      const client = await lane.world.connect(lane.gateway);
      await client.send("GET /plain/never HTTP/1.1\r\nHos");
      if (lane.random.once(2)) client.reset();
      else client.close();
    },
  },
  leavesInBody("left in the body", "reset"),
  leavesInBody("ended in the body", "halfClose"),
  {
    name: "left while waiting",
    async run(lane) {
      const { world } = lane;
      const id = world.newId("left waiting");
      const path = `/plain/${id}`;
      world.plan(id, hangs());
      const client = await lane.client();
      void client.send(head("GET", path, id));
      await arrival(lane, id);
      client.reset();
      lane.drop();
      world.saw({ id, kind: "left waiting", path, route: "plain", status: 499, ...CLOSED, heads: 0 });
    },
  },
  {
    name: "left in the reply",
    async run(lane) {
      const { world } = lane;
      const id = world.newId("left in the reply");
      const path = `/plain/${id}`;
      world.plan(id, (_, connection) =>
        connection.send(`HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n${"r".repeat(999)}!`),
      );
      const client = await lane.client();
      void client.send(head("GET", path, id));
      await client.readUntil("!", WAIT);
      client.reset();
      lane.drop();
      world.saw({
        id,
        kind: "left in the reply",
        path,
        route: "plain",
        status: 200,
        ...CLOSED,
        heads: 1,
        bytesOut: exactly(1_000),
      });
    },
  },
  {
    name: "left while two try",
    async run(lane) {
      const { world } = lane;
      const id = world.newId("left while two try");
      world.plan(id, hangs());
      const client = await lane.client();
      void client.send(head("GET", "/hedged", id));
      await arrival(lane, id, 2);
      client.reset();
      lane.drop();
      world.saw({ id, kind: "left while two try", path: "/hedged", route: "hedged", status: 499, ...CLOSED, heads: 0 });
    },
  },
];
