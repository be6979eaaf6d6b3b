import { hangs, response } from "../scripts.ts";
import { until } from "../until.ts";
import { type Kind, WAIT } from "./lane.ts";
import { head } from "./world.ts";

const UPGRADE = ["Connection: Upgrade", "Upgrade: echo"];

/** Exchanges that plugins make something of. */
export const PLUGIN_KINDS: readonly Kind[] = [
  {
    name: "mirrored",
    async run(lane) {
      const { world } = lane;
      const id = world.newId("mirrored");
      world.plan(id, (_, connection) => connection.send(response("ok")));
      const reply = await lane.ask(head("GET", "/mirrored", id));
      await until(() => world.arrivalsOf(id).length === 2, { ...WAIT, what: "the copy has arrived" });
      world.besides.push("copies");
      world.saw({
        id,
        kind: "mirrored",
        path: "/mirrored",
        route: "mirrored",
        status: 200,
        attempts: 1,
        besides: 1,
        reply,
      });
    },
  },
  {
    name: "a try that takes too long",
    async run(lane) {
      const { world } = lane;
      const id = world.newId("timed");
      world.plan(id, (_, connection) => {
        if (world.arrivalsOf(id).length > 1) void connection.send(response("ok"));
      });
      const reply = await lane.ask(head("GET", "/timed", id));
      // On a machine that is busy the second may take too long, too.
      const isGood = reply.status === 200;
      const failures = Array.from({ length: isGood ? 1 : 2 }, () => "upstream_timeout" as const);
      const told = { id, kind: "timed", path: "/timed", route: "timed", attempts: 2, failures, reply };
      if (isGood) world.saw({ ...told, status: 200 });
      else world.saw({ ...told, status: 504, code: "upstream_timeout" });
    },
  },
  {
    name: "left in the second try",
    async run(lane) {
      const { world } = lane;
      const id = world.newId("left in the second");
      world.plan(id, (_, connection) => {
        if (world.arrivalsOf(id).length === 1) void connection.send(response("busy", { status: 503 }));
      });
      const client = await lane.client();
      void client.send(head("GET", "/twice", id));
      await until(() => world.arrivalsOf(id).length === 2, { ...WAIT, what: "it is tried again" });
      client.reset();
      lane.drop();
      const told = { id, kind: "left in the second", path: "/twice", route: "twice", status: 499 };
      world.saw({ ...told, code: "client_closed", heads: 1 });
    },
  },
  {
    name: "no room for a tunnel",
    async run(lane) {
      const { world } = lane;
      const id = world.newId("no room");
      const reply = await lane.ask(head("GET", "/shut", id, UPGRADE));
      const code = "overloaded" as const;
      const told = { id, kind: "no room", path: "/shut", route: "shut", status: 503, code };
      world.saw({ ...told, attempts: 1, failures: [code], heads: 0, reply });
    },
  },
  {
    name: "no target",
    async run(lane) {
      const { world } = lane;
      const id = world.newId("no target");
      const reply = await lane.ask(head("GET", "/drained", id));
      const code = "no_target_available" as const;
      world.saw({ id, kind: "no target", path: "/drained", route: "drained", status: 503, code, attempts: 0, reply });
    },
  },
  {
    name: "loop",
    isForOneProcess: true,
    async run(lane) {
      const { world } = lane;
      const [first, second] = [world.newId("loop"), world.newId("loop")];
      world.plan(first, (_, connection) => connection.send(response("ok")));
      const client = await lane.client();
      const path = `/plain/${first}`;
      const told = { kind: "loop", path, route: "plain" };
      void client.send(head("GET", path, first));
      world.saw({ ...told, id: first, status: 200, reply: await lane.take(client) });
      const via = world.arrivalsOf(first)[0]?.request.header("via");
      void client.send(head("GET", path, second, [`Via: ${via}`]));
      const reply = await lane.take(client);
      world.saw({ ...told, id: second, status: 508, code: "loop_detected", attempts: 0, reply });
    },
  },
  {
    name: "fallback",
    async run(lane) {
      const { world } = lane;
      const id = world.newId("fallback");
      world.plan(id, (_, connection) => {
        const isFirst = world.arrivalsOf(id).length === 1;
        return connection.send(isFirst ? response("no", { status: 500 }) : response("spare"));
      });
      const reply = await lane.ask(head("GET", "/fallen", id));
      // The service that the line names is the one that has answered.
      world.saw({
        id,
        kind: "fallback",
        path: "/fallen",
        route: "fallen",
        service: "spare",
        earlier: ["failing"],
        status: 200,
        attempts: 2,
        reply,
      });
    },
  },
  {
    name: "compressed",
    async run(lane) {
      const { world } = lane;
      const id = world.newId("compressed");
      const headers = [["Content-Type", "text/plain"]] as const;
      world.plan(id, (_, connection) => connection.send(response("z".repeat(5_000), { headers })));
      const reply = await lane.ask(head("GET", "/squeezed", id, ["Accept-Encoding: gzip"]));
      world.saw({ id, kind: "compressed", path: "/squeezed", route: "squeezed", status: 200, reply });
    },
  },
  {
    name: "from a bad address",
    async run(lane) {
      const { world } = lane;
      const id = world.newId("near");
      const reply = await lane.ask(head("GET", "/near", id));
      world.saw({ id, kind: "near", path: "/near", route: "near", status: 403, code: "forbidden", attempts: 0, reply });
    },
  },
  {
    name: "preflight",
    async run(lane) {
      const { world } = lane;
      const id = world.newId("preflight");
      const headers = { Origin: "https://a.test", "Access-Control-Request-Method": "GET" };
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
      const reply = await lane.ask(head("OPTIONS", "/shown", id, lines), "OPTIONS");
      const told = { id, kind: "preflight", method: "OPTIONS", path: "/shown", route: "shown", headers };
      world.saw({ ...told, status: reply.status, attempts: 0, reply });
    },
  },
  {
    name: "half-closed while it waits",
    async run(lane) {
      const { world } = lane;
      const id = world.newId("half-closed");
      const path = `/plain/${id}`;
      world.plan(id, (_, connection) => connection.send(response("still there")));
      lane.drop();
      const client = await lane.client();
      void client.send(head("GET", path, id));
      client.halfClose();
      const reply = await lane.take(client);
      lane.drop();
      world.saw({ id, kind: "half-closed", path, route: "plain", status: 200, reply });
    },
  },
  {
    name: "nothing stored",
    async run(lane) {
      const { world } = lane;
      const id = world.newId("only-if-cached");
      const path = `/cached/${id}`;
      const reply = await lane.ask(head("GET", path, id, ["Cache-Control: only-if-cached"]));
      world.saw({
        id,
        kind: "only-if-cached",
        path,
        route: "cached",
        status: 504,
        code: "not_cached",
        attempts: 0,
        reply,
      });
    },
  },
  {
    name: "a switch that nobody asked for",
    async run(lane) {
      const { world } = lane;
      const id = world.newId("unasked");
      const path = `/plain/${id}`;
      const script = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n";
      world.plan(id, (_, connection) => connection.send(script));
      const reply = await lane.ask(head("GET", path, id));
      const code = "upstream_invalid" as const;
      world.saw({ id, kind: "unasked", path, route: "plain", status: 502, code, failures: [code], heads: 0, reply });
    },
  },
];

/** One request that holds what there is one of, and one that finds none. */
function full(name: "narrow" | "bulk" | "alone", attempts: number): Kind {
  const run: Kind["run"] = async (lane) => {
    const { world } = lane;
    const [first, second] = [world.newId(name), world.newId(name)];
    world.plan(first, hangs());
    using one = await world.connect(lane.gateway);
    void one.send(head("GET", `/${name}`, first));
    await until(() => world.arrivalsOf(first).length === 1, { ...WAIT, what: "it has arrived" });
    const reply = await lane.ask(head("GET", `/${name}`, second));
    const told = { kind: name, path: `/${name}`, route: name };
    const code = "overloaded" as const;
    const failures = attempts === 0 ? [] : [code];
    world.saw({ ...told, id: second, status: 503, code, attempts, failures, heads: 0, reply });
    void world.arrivalsOf(first)[0]?.connection.send(response("at last"));
    world.saw({ ...told, id: first, status: 200, reply: await lane.take(one) });
  };
  return { name: `full: ${name}`, run, isForOneProcess: true };
}

/** Not at a time with others of their kind. */
export const FULL_KINDS: readonly Kind[] = [full("narrow", 1), full("bulk", 0), full("alone", 0)];
