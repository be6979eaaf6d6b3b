import type { ClientHttp2Session, ClientHttp2Stream } from "node:http2";
import { connectHttp2, exchangeOn, fieldsOf } from "../http2.ts";
import { hangs, response } from "../scripts.ts";
import { until } from "../until.ts";
import type { Script } from "../upstream.ts";
import { exactly } from "./exchange.ts";
import { type Kind, type Lane, WAIT } from "./lane.ts";
import { head, type Told } from "./world.ts";

/** Of the listeners of the configuration. */
const HTTP2 = 3;

/** Does something on a connection of its own, which is closed afterwards. */
async function onSession<T>({ world, gateway }: Lane, act: (session: ClientHttp2Session) => Promise<T>): Promise<T> {
  const session = await connectHttp2(gateway.ports[HTTP2] ?? 0);
  world.connections++;
  try {
    return await act(session);
  } finally {
    await new Promise<void>((resolve) => session.close(resolve));
  }
}

type Whole = Omit<Told, "id" | "kind"> & { readonly body?: string; readonly script?: Script };

/** An exchange that comes to its end. */
function whole(name: string, { body = "", script, ...told }: Whole): Kind {
  const run = async (lane: Lane) => {
    const { world } = lane;
    const id = world.newId(name);
    if (script !== undefined) world.plan(id, script);
    const lines = body === "" ? [] : [`Content-Length: ${body.length}`];
    const text = head(told.method ?? "GET", told.path, id, lines) + body;
    const reply = await onSession(lane, (session) => exchangeOn(session, text));
    world.saw({ bytesIn: exactly(body.length), ...told, id, kind: name, reply });
  };
  return { name, run };
}

/** A stream that ends before its reply has. */
function broken(
  name: string,
  script: Script,
  what: Partial<Told>,
  act: (stream: ClientHttp2Stream, lane: Lane, id: string) => Promise<void>,
): Kind {
  const run = async (lane: Lane) => {
    const { world } = lane;
    const id = world.newId(name);
    const path = `/plain/${id}`;
    world.plan(id, script);
    await onSession(lane, async (session) => {
      const stream = session.request(fieldsOf(head("GET", path, id)).fields, { endStream: true });
      stream.on("error", () => {});
      const closed = new Promise<void>((resolve) => stream.once("close", () => resolve()));
      await act(stream, lane, id);
      await closed;
    });
    world.saw({ status: 200, ...what, id, kind: name, path, route: "plain" });
  };
  return { name, run };
}

const half: Script = (_, connection) => connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");

const hasHalf = (stream: ClientHttp2Stream) => new Promise<void>((resolve) => stream.once("data", () => resolve()));

/** Exchanges of HTTP/2, through Bun's server. */
export const HTTP2_KINDS: readonly Kind[] = [
  whole("http2", { path: "/plain/http2", route: "plain", status: 200, script: (_, to) => to.send(response("second")) }),
  whole("http2 upload", {
    method: "POST",
    path: "/posted",
    route: "posted",
    status: 200,
    body: "u".repeat(5_000),
    script: (_, to) => to.send(response("taken")),
  }),
  whole("http2 of an error", {
    path: "/dead",
    route: "dead",
    status: 502,
    code: "upstream_connect",
    attempts: 1,
    failures: ["upstream_connect"],
    heads: 0,
  }),
  whole("http2 without a key", { path: "/keyed", route: "keyed", status: 401, code: "unauthenticated", attempts: 0 }),
  whole("http2 without a route", { path: "/nowhere", route: "", status: 404, code: "route_not_found", attempts: 0 }),
  broken(
    "http2 left waiting",
    hangs(),
    { status: 499, code: "client_closed", heads: 0 },
    async (stream, { world }, id) => {
      await until(() => world.arrivalsOf(id).length === 1, { ...WAIT, what: "it has arrived" });
      stream.close(8);
    },
  ),
  broken("http2 left in the reply", half, { code: "client_closed", heads: 1, bytesOut: exactly(4) }, async (stream) => {
    await hasHalf(stream);
    stream.close(8);
  }),
  broken(
    "http2 cut off",
    half,
    { code: "upstream_reset", failures: ["upstream_reset"], heads: 1, bytesOut: exactly(4) },
    async (stream, { world }, id) => {
      await hasHalf(stream);
      world.arrivalsOf(id)[0]?.connection.close();
    },
  ),
];
