import { response } from "../scripts.ts";
import { until } from "../until.ts";
import type { UpstreamConnection } from "../upstream.ts";
import { type Kind, type Lane, WAIT } from "./lane.ts";
import { head, type Told } from "./world.ts";

const GARBAGE = "SSH-2.0-OpenSSH_9.2\r\n";

const fresh = (body: string) => response(body, { headers: [["Cache-Control", "max-age=3600"]] });
const stale = (body: string) =>
  response(body, {
    headers: [
      ["Cache-Control", "max-age=0"],
      ["ETag", '"a"'],
    ],
  });

/** Two requests for one URL, the second of which the cache answers. */
function twiceCached(name: "hit" | "stale", reply: string): Kind {
  const run = async (lane: Lane) => {
    const { world } = lane;
    const path = `/cached/${world.newId(name)}`;
    const [first, second] = [world.newId(name), world.newId(name)];
    const client = await lane.client();
    for (const id of [first, second]) world.plan(id, (_, connection) => connection.send(reply));
    void client.send(head("GET", path, first));
    const told = { kind: name, path, route: "cached", status: 200 };
    world.saw({ ...told, id: first, reply: await lane.take(client) });
    void client.send(head("GET", path, second));
    const answer = await lane.take(client);
    world.saw({ ...told, id: second, attempts: 0, cache: name, besides: name === "stale" ? 1 : 0, reply: answer });
    if (name === "hit") return;
    await until(() => world.arrivalsOf(second).length === 1, { ...WAIT, what: "it was refreshed" });
    world.besides.push("cached");
  };
  return { name, run };
}

/** Two requests at a time, for which the service is asked once, and answers so. */
function collapsed(name: string, answer: string, what: Partial<Told>, ofFirst: Partial<Told> = {}): Kind {
  const run: Kind["run"] = async (lane) => {
    const { world } = lane;
    const path = `/cached/${world.newId(name)}`;
    const [first, before, second] = [world.newId(name), world.newId(name), world.newId(name)];
    const carrier = Promise.withResolvers<UpstreamConnection>();
    world.plan(first, (_, connection) => carrier.resolve(connection));
    using one = await world.connect(lane.gateway);
    using two = await world.connect(lane.gateway);
    void one.send(head("GET", path, first));
    const connection = await carrier.promise;
    // When the first of the two is answered, the second has begun.
    void two.send(head("GET", "/fixed", before) + head("GET", path, second));
    const fixed = await two.readResponse(WAIT);
    world.saw({ id: before, kind: "fixed", path: "/fixed", route: "fixed", status: 503, attempts: 0, reply: fixed });
    void connection.send(answer);
    const told = { kind: name, path, route: "cached", status: 200, ...what };
    world.saw({ ...told, ...ofFirst, id: first, reply: await one.readResponse(WAIT) });
    const reply = await two.readResponse(WAIT);
    world.saw({ cache: "collapsed", ...told, id: second, attempts: 0, heads: 0, reply });
  };
  return { name, run, isForOneProcess: true };
}

/** A stored reply that is used because the service fails. */
const STALE_ON_ERROR: Kind = {
  name: "stale on error",
  async run(lane) {
    const { world } = lane;
    const path = `/kept/${world.newId("kept")}`;
    const [first, second] = [world.newId("kept"), world.newId("kept")];
    const client = await lane.client();
    world.plan(first, (_, connection) => connection.send(stale("stored")));
    world.plan(second, (_, connection) => connection.send(GARBAGE));
    const told = { kind: "stale on error", path, route: "kept", status: 200 };
    void client.send(head("GET", path, first));
    world.saw({ ...told, id: first, reply: await lane.take(client) });
    void client.send(head("GET", path, second));
    const reply = await lane.take(client);
    world.saw({ ...told, id: second, failures: ["upstream_invalid"], heads: 0, cache: "stale", reply });
  },
};

const INVALID = { status: 502, code: "upstream_invalid", cache: undefined } as const;

/** Exchanges that the cache has a part in. */
export const CACHE_KINDS: readonly Kind[] = [
  twiceCached("hit", fresh("stored")),
  twiceCached("stale", stale("stored")),
  collapsed("collapsed", fresh("for both"), {}),
  collapsed("collapsed into an error", GARBAGE, INVALID, { failures: ["upstream_invalid"], heads: 0 }),
  collapsed("collapsed into a failure", response("no", { status: 500 }), { status: 500 }),
  STALE_ON_ERROR,
];
