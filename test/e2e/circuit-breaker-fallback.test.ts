import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { type InProcessGateway, startInProcess } from "../support/in-process.ts";
import { problemOf } from "../support/problem.ts";
import { connect, exchange } from "../support/raw.ts";
import { closes, replies, response } from "../support/scripts.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";
import { openTunnel, switches } from "../support/websocket.ts";

const cleanup = new AsyncDisposableStack();
let gateway: InProcessGateway;
let main: Upstream;
let spare: Upstream;
let serial = 0;

const ROUTES: Readonly<Record<string, string>> = {
  fixed: "{ status: 200, json: { users: [] }, headers: { X-Stale: 'yes' } }",
  empty: "{ status: 204 }",
  failing: "{ on: failure, status: 203, body: sorry }",
  spare: "{ service: backup }",
  failover: "{ on: failure, service: backup }",
};

beforeAll(async () => {
  main = cleanup.use(startUpstream(closes()));
  spare = cleanup.use(startUpstream(replies(response("spare"))));
  const names = Object.keys(ROUTES);
  const service = (name: string) => `
  ${name}:
    targets: ["${main.url}"]
    pool: { max-age: 0s }
    plugins:
      retry: { attempts: 2, backoff: { base: 1ms, max: 1ms }, budget: { minimum: 1000 } }
      circuit-breaker: { consecutive-failures: 4, fallback: ${ROUTES[name]} }`;
  const route = (name: string) => `{ path: /${name}/*, service: ${name}, upgrade: [websocket] }`;
  gateway = cleanup.use(
    await startInProcess(`
plugins: { access-log: {} }
services:${names.map(service).join("")}
  backup: { targets: ["${spare.url}"], pool: { max-age: 0s } }
routes: [${names.map(route).join(", ")}]
`),
  );
});

afterAll(() => cleanup.disposeAsync());
beforeEach(() => main.answer(closes()));

const message = (path: string, method = "GET", body = "") =>
  `${method} ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const next = (name: string) => `/${name}/${++serial}`;
const ask = (name: string, method?: string, body?: string) => exchange(gateway.port, message(next(name), method, body));
const arrivals = (upstream: Upstream, path: string) => upstream.requests.filter(({ target }) => target === path).length;

/** Two requests of two attempts open the breaker. */
async function open(name: string): Promise<void> {
  for (let i = 0; i < 2; i++) await ask(name);
}

describe("while the breaker is open", () => {
  test("a fixed reply is the answer, and nothing is asked", async () => {
    expect(problemOf(await ask("fixed"))).toBe("502 upstream_reset");
    await open("fixed");
    const before = main.requests.length;
    const reply = await ask("fixed");
    expect([reply.status, reply.body.toString()]).toEqual([200, '{"users":[]}']);
    expect([reply.header("content-type"), reply.header("x-stale")]).toEqual(["application/json", "yes"]);
    expect(main.requests).toHaveLength(before);
    expect((await ask("fixed", "POST", "content")).status).toBe(200);
    expect((await ask("fixed", "HEAD")).body).toHaveLength(0);
    gateway.clock.advance(10_000);
    main.answer(replies(response("back")));
    expect((await ask("fixed")).body.toString()).toBe("back");
  });

  test("it may be empty", async () => {
    await open("empty");
    expect((await ask("empty")).status).toBe(204);
  });

  test("another service is asked, with the body; a POST, too, for nobody has got it", async () => {
    expect(problemOf(await ask("spare"))).toBe("502 upstream_reset");
    await open("spare");
    const path = next("spare");
    const reply = await exchange(gateway.port, message(path, "POST", "content"));
    expect(reply.body.toString()).toBe("spare");
    expect([arrivals(main, path), arrivals(spare, path)]).toEqual([0, 1]);
    expect(spare.requests.at(-1)?.body.toString()).toBe("content");
    const { fields } = await gateway.waitForLog((line) => line.fields.path === path);
    expect(fields).toMatchObject({ service: "backup", target: spare.url, attempts: 1, status: 200 });
  });

  test("another service gets a body that comes in parts", async () => {
    await open("spare");
    using client = await connect(gateway.port);
    await client.send(`POST ${next("spare")} HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbo`);
    await client.send("dy");
    expect((await client.readResponse()).body.toString()).toBe("spare");
    expect(spare.requests.at(-1)?.body.toString()).toBe("body");
  });

  test("another service opens the tunnel", async () => {
    await open("spare");
    spare.answer(switches("websocket", "welcome"));
    using client = await connect(gateway.port);
    await openTunnel(client, "websocket", next("spare"));
    expect(await client.readUntil("welcome")).toBe("welcome");
    spare.answer(replies(response("spare")));
  });

  test("a failure of the other service is the client's answer", async () => {
    await open("spare");
    spare.answer(closes());
    expect(problemOf(await ask("spare"))).toBe("502 upstream_reset");
    spare.answer(replies(response("spare")));
  });
});

describe("with on: failure", () => {
  test("a reply stands for an error, and for a status that counts, after all attempts", async () => {
    const path = next("failing");
    const reply = await exchange(gateway.port, message(path));
    expect([reply.status, reply.body.toString(), arrivals(main, path)]).toEqual([203, "sorry", 2]);
    main.answer(replies(response("down", { status: 503, reason: "No" })));
    expect((await ask("failing", "POST")).body.toString()).toBe("sorry");
  });

  test("and not for one that does not", async () => {
    gateway.clock.advance(400_000);
    main.answer(replies(response("none", { status: 404, reason: "No" })));
    expect((await ask("failing")).body.toString()).toBe("none");
  });

  test("another service gets no request whose body is gone", async () => {
    const path = next("failover");
    using client = await connect(gateway.port);
    await client.send(`PUT ${path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nbo\r\n`);
    await client.send("2\r\ndy\r\n0\r\n\r\n");
    expect(problemOf(await client.readResponse())).toBe("502 upstream_reset");
    expect([arrivals(main, path), arrivals(spare, path)]).toEqual([1, 0]);
  });

  test("another service gets a GET, but no POST that the first may have done", async () => {
    const [got, posted] = [next("failover"), next("failover")];
    expect((await exchange(gateway.port, message(got))).body.toString()).toBe("spare");
    expect(problemOf(await exchange(gateway.port, message(posted, "POST", "x")))).toBe("502 upstream_reset");
    expect([arrivals(main, posted), arrivals(spare, posted)]).toEqual([1, 0]);
  });
});
