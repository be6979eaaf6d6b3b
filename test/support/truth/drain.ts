import type { GatewayProcess } from "../gateway.ts";
import { hangs, response } from "../scripts.ts";
import { until } from "../until.ts";
import { exactly } from "./exchange.ts";
import { WAIT } from "./lane.ts";
import { head, type World } from "./world.ts";

/** Stops the gateway while some requests are under way and others have not come; answers its exit code. */
export async function stopUnderWay(world: World, gateway: GatewayProcess): Promise<number> {
  const ids = [1, 2, 3, 4].map(() => world.newId("drained"));
  const pathOf = (id: string) => `/plain/${id}`;
  const clients = await Promise.all(
    ids.map(async (id) => {
      world.plan(id, hangs());
      const client = await world.connect(gateway);
      // What waits behind it is not answered.
      void client.send(head("GET", pathOf(id), id) + head("GET", pathOf("never"), "never"));
      return { id, client };
    }),
  );
  const idle = await world.connect(gateway);
  await until(() => ids.every((id) => world.arrivalsOf(id).length === 1), { ...WAIT, what: "all have arrived" });
  gateway.signal("SIGTERM");
  // It is ended when the drain has begun.
  await until(() => idle.isEnded, { ...WAIT, what: "the connection without a request is ended" });
  idle.close();
  for (const { id, client } of clients) {
    void world.arrivalsOf(id)[0]?.connection.send(response("the last"));
    const reply = await client.readResponse(WAIT);
    if (reply.header("connection") !== "close") throw new Error(`${id} does not say that it is the last`);
    client.close();
    world.saw({ id, kind: "drained", path: pathOf(id), route: "plain", status: 200, bytesOut: exactly(8), reply });
  }
  return await gateway.exited;
}
