import { chunkedResponse, hangs, response } from "../scripts.ts";
import { until } from "../until.ts";
import { exactly } from "./exchange.ts";
import { type Kind, WAIT } from "./lane.ts";
import { head } from "./world.ts";

/** Of the listeners of the configuration: one that has little time for heads, and one for bodies. */
const [HASTY, HASTY_IN_BODIES] = [1, 2];

/** Exchanges that the client's side of the gateway ends, or frames in its way. */
export const EDGE_KINDS: readonly Kind[] = [
  {
    name: "no head in time of the client",
    async run({ world, gateway }) {
      const client = await world.connect(gateway, HASTY);
      void client.send("GET /plain/slow HTTP/1.1\r\nHo");
      // On a machine that is busy not even the beginning may be there in time: then nobody is answered.
      const reply = await client.readResponse(WAIT).catch(() => undefined);
      client.close();
      if (reply === undefined) return;
      const { requestId } = JSON.parse(reply.body.toString());
      world.refusals.push({ requestId, code: "request_timeout", status: reply.status });
    },
  },
  {
    name: "no body in time of the client",
    async run(lane) {
      const { world, gateway } = lane;
      const id = world.newId("slow body");
      const path = `/early/${id}`;
      world.plan(id, hangs());
      const client = await world.connect(gateway, HASTY_IN_BODIES);
      void client.send(`${head("POST", path, id, ["Content-Length: 100"])}1234`);
      const reply = await lane.take(client, "POST");
      client.close();
      const told = { id, kind: "slow body", method: "POST", path, route: "early", status: 408 };
      world.saw({ ...told, code: "request_timeout", attempts: 1, heads: 0, bytesIn: exactly(4), reply });
    },
  },
  {
    name: "a chunk that is none",
    async run(lane) {
      const { world } = lane;
      const id = world.newId("bad chunk");
      const path = `/early/${id}`;
      world.plan(id, hangs());
      const client = await lane.client();
      void client.send(`${head("POST", path, id, ["Transfer-Encoding: chunked"])}3\r\nabc\r\n`);
      const hasPart = () => world.arrivalsOf(id)[0]?.connection.inbox.rest.includes("abc");
      await until(hasPart, { ...WAIT, what: "the first chunk has come through" });
      void client.send("nonsense\r\n");
      const reply = await lane.take(client, "POST");
      lane.drop();
      const told = { id, kind: "bad chunk", method: "POST", path, route: "early", status: 400 };
      world.saw({ ...told, code: "bad_request", heads: 0, bytesIn: exactly(3), reply });
    },
  },
  {
    name: "refused before its body",
    async run(lane) {
      const { world } = lane;
      const id = world.newId("held back");
      const client = await lane.client();
      void client.send(head("POST", "/keyed", id, ["Content-Length: 1000", "Expect: 100-continue"]));
      const reply = await client.readResponse({ ...WAIT, method: "POST" });
      lane.drop();
      const told = { id, kind: "held back", method: "POST", path: "/keyed", route: "keyed", status: 401 };
      world.saw({ ...told, code: "unauthenticated", attempts: 0, reply });
    },
  },
  {
    name: "head of an error",
    async run(lane) {
      const { world } = lane;
      const id = world.newId("head of an error");
      const reply = await lane.ask(head("HEAD", "/dead", id), "HEAD");
      const told = { id, kind: "head of an error", method: "HEAD", path: "/dead", route: "dead", status: 502 };
      const code = "upstream_connect" as const;
      world.saw({ ...told, code, attempts: 1, failures: [code], heads: 0, reply });
    },
  },
  {
    name: "head of what comes in chunks",
    async run(lane) {
      const { world } = lane;
      const id = world.newId("head of chunks");
      const path = `/plain/${id}`;
      world.plan(id, (_, connection) => connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"));
      const reply = await lane.ask(head("HEAD", path, id), "HEAD");
      world.saw({ id, kind: "head of chunks", method: "HEAD", path, route: "plain", status: 200, reply });
    },
  },
  {
    name: "left in the handshake",
    async run(lane) {
      const { world } = lane;
      const id = world.newId("left handshake");
      world.plan(id, hangs());
      const client = await lane.client();
      void client.send(head("GET", "/switching", id, ["Connection: Upgrade", "Upgrade: echo"]));
      await until(() => world.arrivalsOf(id).length === 1, { ...WAIT, what: "it has arrived" });
      client.reset();
      lane.drop();
      const told = { id, kind: "left handshake", path: "/switching", route: "switching", status: 499 };
      world.saw({ ...told, code: "client_closed", heads: 0 });
    },
  },
  {
    name: "takes nothing",
    async run(lane) {
      const { world, gateway } = lane;
      const id = world.newId("takes nothing");
      const path = `/plain/${id}`;
      // More than the kernel takes for a client that does not read, and the gateway holds back.
      const part = "t".repeat(65_536);
      let sent = 0;
      world.plan(id, async (_, connection) => {
        void connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        while (!connection.isClosed) {
          await connection.send(`10000\r\n${part}\r\n`);
          if (!connection.isClosed) sent += part.length;
        }
      });
      const client = await world.connect(gateway, HASTY_IN_BODIES);
      client.pause();
      void client.send(head("GET", path, id));
      const [carrier] = await until(() => (world.arrivalsOf(id).length > 0 ? world.arrivalsOf(id) : undefined), WAIT);
      await carrier?.connection.waitForClosed(WAIT);
      client.resume();
      client.reset();
      const told = { id, kind: "takes nothing", path, route: "plain", status: 200, code: "client_closed" } as const;
      world.saw({ ...told, heads: 1, bytesOut: [1, sent + 2 * part.length] });
    },
  },
  {
    name: "chunks at once",
    async run(lane) {
      const { world } = lane;
      const id = world.newId("chunks at once");
      const path = `/plain/${id}`;
      const chunks = Array.from({ length: 40 }, (_, at) => "c".repeat(at * 997 + 1));
      world.plan(id, (_, connection) => connection.send(chunkedResponse(chunks)));
      const reply = await lane.ask(head("GET", path, id));
      world.saw({ id, kind: "chunks at once", path, route: "plain", status: 200, reply });
    },
  },
  {
    name: "an id of its own",
    async run(lane) {
      const { world } = lane;
      const id = world.newId("own id");
      const path = `/plain/${id}`;
      world.plan(id, (_, connection) => connection.send(response("ok")));
      const reply = await lane.ask(head("GET", path, id, [`X-Request-Id: mine-${id}`]));
      if (reply.header("x-request-id") !== `mine-${id}`) throw new Error("the id was not taken over");
      world.saw({ id, kind: "own id", path, route: "plain", status: 200, reply });
    },
  },
];
