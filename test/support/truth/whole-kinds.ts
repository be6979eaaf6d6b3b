import { chunkedResponse, replies, response } from "../scripts.ts";
import { exactly } from "./exchange.ts";
import type { Kind, Lane } from "./lane.ts";
import { head } from "./world.ts";

const CHUNKED = ["Transfer-Encoding: chunked"];

/** A GET that is answered by the service. */
async function get(
  lane: Lane,
  kind: string,
  reply: string,
  { method = "GET", version = "1.1", status = Number(reply.split(" ")[1]) } = {},
): Promise<void> {
  const { world } = lane;
  const id = world.newId(kind);
  const path = `/plain/${id}`;
  world.plan(id, replies(reply));
  if (version === "1.0") lane.drop();
  const got = await lane.ask(head(method, `${path}?secret=1`, id, [], version), method);
  world.saw({ id, kind, method, path, route: "plain", status, reply: got });
}

/** An upload that is answered by the service. */
async function upload(lane: Lane, kind: string, lines: string[], wire: string, bytes: number) {
  const { world } = lane;
  const id = world.newId(kind);
  world.plan(id, replies());
  const client = await lane.client();
  const text = head("POST", "/posted", id, lines);
  if (lane.random.once(2)) void client.send(text + wire);
  else {
    void client.send(text);
    for (let at = 0; at < wire.length; at += 7_001) void client.send(wire.slice(at, at + 7_001));
  }
  const reply = await lane.take(client, "POST");
  world.saw({
    id,
    kind,
    method: "POST",
    path: "/posted",
    route: "posted",
    status: 200,
    bytesIn: exactly(bytes),
    reply,
  });
}

const chunks = (...sizes: number[]) =>
  `${sizes.map((size) => `${size.toString(16)};x=y\r\n${"c".repeat(size)}\r\n`).join("")}0\r\nX-Trailer: 1\r\n\r\n`;

/** Exchanges that go well. */
export const WHOLE_KINDS: readonly Kind[] = [
  { name: "plain", run: (lane) => get(lane, "plain", response("x".repeat(lane.random.below(3_000)))) },
  { name: "404 of the service", run: (lane) => get(lane, "404", response("none", { status: 404 })) },
  { name: "503 of the service", run: (lane) => get(lane, "503", response("busy", { status: 503 })) },
  { name: "head", run: (lane) => get(lane, "head", response("not sent").replace("not sent", ""), { method: "HEAD" }) },
  { name: "204", run: (lane) => get(lane, "204", "HTTP/1.1 204 No Content\r\n\r\n") },
  { name: "304", run: (lane) => get(lane, "304", 'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n\r\n') },
  { name: "chunked reply", run: (lane) => get(lane, "chunked", chunkedResponse(["one", "two", "3".repeat(9_000)])) },
  { name: "large reply", run: (lane) => get(lane, "large", response("l".repeat(700_000))) },
  {
    name: "http 1.0",
    run: (lane) => get(lane, "1.0", chunkedResponse(["for", "whoever", "knows no chunks"]), { version: "1.0" }),
  },
  {
    name: "interim",
    run: (lane) => get(lane, "103", `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${response("ok")}`, { status: 200 }),
  },
  {
    name: "reply to the end of the connection",
    run: async (lane) => {
      const { world } = lane;
      const id = world.newId("until close");
      const path = `/plain/${id}`;
      world.plan(id, async (_, connection) => {
        await connection.send("HTTP/1.1 200 OK\r\n\r\nup to here");
        connection.close();
      });
      const reply = await lane.ask(head("GET", path, id));
      world.saw({ id, kind: "until close", path, route: "plain", status: 200, reply });
    },
  },
  {
    name: "upload",
    run: (lane) => upload(lane, "upload", ["Content-Length: 9000"], "u".repeat(9_000), 9_000),
  },
  {
    name: "large upload",
    run: (lane) => upload(lane, "large upload", ["Content-Length: 400000"], "u".repeat(400_000), 400_000),
  },
  {
    name: "chunked upload",
    run: (lane) => upload(lane, "chunked upload", CHUNKED, chunks(3, 5_000, 12), 5_015),
  },
  {
    name: "100-continue",
    run: async (lane) => {
      const { world } = lane;
      const id = world.newId("continue");
      world.plan(id, replies());
      const client = await lane.client();
      void client.send(head("POST", "/posted", id, ["Content-Length: 5", "Expect: 100-continue"]));
      await client.readUntil("100 Continue\r\n\r\n", { timeout: 30_000 });
      void client.send("hello");
      const reply = await lane.take(client, "POST");
      const told = { id, kind: "continue", method: "POST", path: "/posted", route: "posted" };
      world.saw({ ...told, status: 200, bytesIn: exactly(5), reply });
    },
  },
  {
    name: "pipelined",
    run: async (lane) => {
      const { world } = lane;
      const ids = [1, 2, 3].map(() => world.newId("pipelined"));
      for (const id of ids) world.plan(id, replies(response(id)));
      const client = await lane.client();
      void client.send(ids.map((id) => head("GET", `/plain/${id}`, id)).join(""));
      for (const id of ids) {
        const reply = await lane.take(client);
        world.saw({ id, kind: "pipelined", path: `/plain/${id}`, route: "plain", status: 200, reply });
      }
    },
  },
  {
    name: "rewritten",
    run: async (lane) => {
      const { world } = lane;
      const id = world.newId("moved");
      world.plan(id, replies());
      const reply = await lane.ask(head("GET", "/moved/a/b?c=d", id));
      world.saw({ id, kind: "moved", path: "/moved/a/b", route: "moved", status: 200, reply });
    },
  },
];
