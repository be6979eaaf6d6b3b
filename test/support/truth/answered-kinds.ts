import type { ErrorCode } from "../../../src/errors.ts";
import { replies } from "../scripts.ts";
import { exactly } from "./exchange.ts";
import { type Kind, type Lane, WAIT } from "./lane.ts";
import { head, type Told } from "./world.ts";

type Answer = Omit<Told, "id" | "kind"> & { readonly lines?: readonly string[]; readonly body?: string };

/** What the gateway answers by itself. */
function answered(name: string, answer: Answer): Kind {
  const { lines = [], body = "", ...told } = answer;
  const run = async (lane: Lane) => {
    const { world } = lane;
    const id = world.newId(name);
    const reply = await lane.ask(head(told.method ?? "GET", told.path, id, lines) + body, told.method);
    const headers = Object.fromEntries(lines.map((line) => line.split(": ") as [string, string]));
    const bytesIn = exactly(body.length);
    world.saw({ attempts: 0, bytesIn, headers, ...told, id, kind: name, reply });
  };
  return { name, run };
}

/** What is no proper request. */
function malformed(name: string, text: string, status: number, code: ErrorCode): Kind {
  const run = async (lane: Lane) => {
    lane.drop();
    const client = await lane.world.connect(lane.gateway);
    void client.send(text);
    const reply = await client.readResponse(WAIT);
    const { requestId } = JSON.parse(reply.body.toString());
    lane.world.refusals.push({ requestId, code, status: reply.status });
    if (reply.status !== status) throw new Error(`${name} was answered ${reply.status}`);
    client.close();
  };
  return { name, run };
}

const refused = (route: string, status: number, code: ErrorCode): Answer => ({
  path: `/${route}`,
  route,
  status,
  code,
});

/** Requests that no service sees. */
export const ANSWERED_KINDS: readonly Kind[] = [
  answered("no route", { path: "/nowhere", route: "", status: 404, code: "route_not_found" }),
  answered("no route, upload", {
    method: "POST",
    path: "/nowhere",
    route: "",
    status: 404,
    code: "route_not_found",
    lines: ["Content-Length: 4"],
    body: "body",
  }),
  answered("wrong method", { path: "/posted", route: "", status: 405, code: "method_not_allowed" }),
  answered("about the gateway", { method: "OPTIONS", path: "*", route: "", status: 204, isBare: true }),
  answered("without a token", refused("jwt", 401, "unauthenticated")),
  answered("with a bad token", { ...refused("jwt", 401, "unauthenticated"), lines: ["Authorization: Bearer a.b.c"] }),
  answered("without a key", refused("keyed", 401, "unauthenticated")),
  answered("too large", {
    ...refused("small", 413, "payload_too_large"),
    method: "POST",
    lines: ["Content-Length: 11"],
    body: "01234567890",
  }),
  answered("over its time", { ...refused("due", 504, "upstream_timeout"), lines: ["x-timeout-ms: 0"] }),
  answered("circuit open", { ...refused("tripped", 503, "circuit_open") }),
  answered("mock", { path: "/mock", route: "mocked", status: 200 }),
  answered("fixed", { path: "/fixed", route: "fixed", status: 503 }),
  answered("redirect", { path: "/away", route: "away", status: 308 }),
  malformed("no host", "GET / HTTP/1.1\r\n\r\n", 400, "bad_request"),
  malformed(
    "two lengths",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    400,
    "bad_request",
  ),
  malformed("no http", "nonsense\r\n\r\n", 400, "bad_request"),
  malformed("expects more", "GET / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n", 417, "expectation_failed"),
  malformed("a later version", "GET / HTTP/3.7\r\nHost: a\r\n\r\n", 505, "version_not_supported"),
  malformed(
    "beyond the limit",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n",
    413,
    "payload_too_large",
  ),
  malformed("trace", "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 405, "method_not_allowed"),
  {
    name: "limited",
    async run(lane) {
      const { world } = lane;
      const client = await lane.client();
      const key = world.newId("key");
      const told = { kind: "limited", path: "/limited", route: "limited", headers: { "x-key": key } };
      const passes = world.newId("limited");
      const fails = world.newId("limited");
      world.plan(passes, replies());
      void client.send(head("GET", "/limited", passes, [`x-key: ${key}`]));
      world.saw({ ...told, id: passes, status: 200, reply: await lane.take(client) });
      void client.send(head("GET", "/limited", fails, [`x-key: ${key}`]));
      const reply = await lane.take(client);
      world.saw({ ...told, id: fails, status: 429, code: "rate_limited", attempts: 0, reply });
    },
  },
  {
    name: "too large in chunks",
    async run(lane) {
      const { world } = lane;
      const id = world.newId("too large in chunks");
      const client = await lane.client();
      const lines = ["Transfer-Encoding: chunked"];
      void client.send(`${head("POST", "/small", id, lines)}8\r\n12345678\r\n`);
      void client.send("8\r\n12345678\r\n");
      const reply = await lane.take(client, "POST");
      lane.drop();
      const told = {
        id,
        kind: "too large in chunks",
        method: "POST",
        path: "/small",
        route: "small",
        headers: { "Transfer-Encoding": "chunked" },
      };
      // How much of it came before it was refused is the gateway's to say.
      world.saw({
        ...told,
        status: 413,
        code: "payload_too_large",
        attempts: undefined,
        heads: 0,
        bytesIn: [11, 16],
        reply,
      });
    },
  },
];
