import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { type InProcessGateway, startInProcess } from "../support/in-process.ts";
import { connect, exchange } from "../support/raw.ts";
import { closes, hangs, replies, response } from "../support/scripts.ts";
import { until } from "../support/until.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";
import { describeEveryWay, listenEveryWay, portOf } from "../support/ways.ts";
import { openTunnel, switches } from "../support/websocket.ts";

const cleanup = new AsyncDisposableStack();
let gateway: InProcessGateway;
let main: Upstream;
let shadow: Upstream;
let serial = 0;

const ROUTES: Readonly<Record<string, string>> = {
  all: "{ service: shadow, max-body: 1kb }",
  few: "{ service: shadow, max-in-flight: 2, timeout: 1s }",
  gone: "{ service: gone }",
  some: "{ service: shadow, share: 25% }",
  bare: "{ service: shadow, remove: [x-secret], marker: X-Shadow }",
};
/** Routes that try again what the mirror copies, with the one plugin around the other and the other way round. */
const RETRY = "retry: { attempts: 4, budget: { minimum: 100 }, backoff: { base: 1ms, max: 1ms } }";
const HEDGE = "retry: { attempts: 2, budget: { minimum: 100 }, hedge: { after: 10ms } }";
const TRIED = {
  "retry-mirror": `${RETRY}, mirror: { service: shadow }`,
  "mirror-retry": `mirror: { service: shadow }, ${RETRY}`,
  "hedge-mirror": `${HEDGE}, mirror: { service: shadow }`,
} as const;

beforeAll(async () => {
  main = cleanup.use(startUpstream(replies(response("main"))));
  shadow = cleanup.use(startUpstream(replies(response("shadow"))));
  const dead = startUpstream(replies());
  dead.stop();
  const routes = Object.entries(ROUTES).map(
    ([name, options]) =>
      `{ name: the ${name}, path: /${name}/*, service: main, strip-prefix: /${name}, upgrade: [websocket], plugins: { mirror: ${options} } }`,
  );
  for (const [name, plugins] of Object.entries(TRIED)) {
    routes.push(`{ path: /${name}/*, service: main, strip-prefix: /${name}, plugins: { ${plugins} } }`);
  }
  gateway = cleanup.use(
    await startInProcess(`
${listenEveryWay()}
services:
  main: { targets: ["${main.url}"] }
  dead: { targets: ["${dead.url}"] }
  tried:
    targets: ["${dead.url}", "${main.url}"]
    plugins:
      retry: { attempts: 6, hedge: { after: 20ms }, backoff: { base: 1ms, max: 1ms }, budget: { minimum: 1000 } }
      mirror: { service: shadow }
  shadow: { targets: ["${shadow.url}"], timeouts: { total: 10m, response: 10m } }
  gone: { targets: ["${dead.url}"] }
routes: [${routes.join(", ")}, { path: /tried/*, service: tried }, { path: /unreachable/*, service: dead, plugins: { mirror: { service: shadow, max-in-flight: 3 } } }]
`),
  );
});

afterAll(() => cleanup.disposeAsync());
beforeEach(() => {
  main.answer(replies(response("main")));
  shadow.answer(replies(response("shadow")));
});

const copiesOf = (path: string) => shadow.requests.filter(({ target }) => target === path);
const one = async (path: string) => {
  await until(() => copiesOf(path).length > 0);
  return copiesOf(path)[0];
};
const counted = (name: string, reason?: string) =>
  gateway.metricsOf("mirror").value(name, { service: "shadow", ...(reason === undefined ? {} : { reason }) }) ?? 0;
const areOver = () => until(() => counted("in_flight") === 0);

describeEveryWay("a copy", (way) => {
  test("has method, path, query, headers and body of the request", async () => {
    const path = `/a%2Fb/${++serial}?q=%20x&q`;
    const text = `PUT /all${path} HTTP/1.1\r\nHost: a\r\nX-Own: 1\r\nContent-Length: 7\r\n\r\ncontent`;
    const reply = await way.exchange(portOf(way, gateway), text);
    expect(reply.body.toString()).toBe("main");
    const copy = await one(path);
    expect(copy?.body.toString()).toBe("content");
    expect(copy?.raw).toMatch(/^PUT .* HTTP\/1\.1\r\n/);
    expect(copy?.raw).toMatch(/\r\nx-own: 1\r\n/);
    expect(copy?.raw).toMatch(/\r\nx-mirror: the%20all\r\n/);
    expect(copy?.raw).toMatch(/\r\nx-forwarded-host: a\r\n/);
  });
});

describe("a copy", () => {
  test("proves nobody's identity, and the original still does", async () => {
    const secrets =
      "Authorization: Bearer t\r\nProxy-Authorization: x\r\nCookie: s=1\r\nX-API-Key: k\r\nX-Mirror: forged\r\n";
    const path = `/${++serial}`;
    await exchange(gateway.port, `GET /all${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${secrets}\r\n`);
    expect((await one(path))?.raw).not.toMatch(/authorization|cookie|x-api-key|forged/i);
    expect(main.requests.at(-1)?.raw).toMatch(/authorization: Bearer t\r\n/i);
  });

  test.each([
    ["retry-mirror", "GET", 4],
    ["retry-mirror", "PUT", 4],
    ["mirror-retry", "PUT", 4],
    ["hedge-mirror", "GET", 2],
  ] as const)("is made once, however often the original is tried: %s, %s", async (route, method, tries) => {
    const slow = route === "hedge-mirror";
    main.answer(async (_, connection) => {
      if (slow) await until(() => main.requests.filter(({ target }) => target === path).length === tries);
      await connection.send(response("no", { status: 503 }));
    });
    const path = `/${++serial}`;
    const text = `${method} /${route}${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc`;
    expect((await exchange(gateway.port, text)).status).toBe(503);
    expect(main.requests.filter(({ target }) => target === path)).toHaveLength(tries);
    await areOver();
    expect(copiesOf(path).map(({ body }) => body.toString())).toEqual(["abc"]);
  });

  test("has other marks where the route says so", async () => {
    const path = `/${++serial}`;
    const secrets = "Authorization: Bearer t\r\nX-Secret: 1\r\n";
    await exchange(gateway.port, `GET /bare${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${secrets}\r\n`);
    const copy = await one(path);
    expect(copy?.raw).toMatch(/\r\nx-shadow: the%20bare\r\n/);
    expect(copy?.raw).toMatch(/authorization: Bearer t/i);
    expect(copy?.raw).not.toMatch(/x-secret|x-mirror/i);
  });

  test("of a body that comes in pieces is sent when it is whole, and holds nothing back", async () => {
    const path = `/${++serial}`;
    let arrived = "";
    main.answer(async (_, connection) => {
      arrived = "yes";
      await connection.send(response("main"));
    });
    using client = await connect(gateway.port);
    void client.send(`POST /all${path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n`);
    await until(() => main.open > 0);
    expect(copiesOf(path)).toHaveLength(0);
    void client.send("3\r\ntwo\r\n0\r\n\r\n");
    expect((await client.readResponse()).body.toString()).toBe("main");
    expect((await one(path))?.body.toString()).toBe("onetwo");
    expect(arrived).toBe("yes");
  });

  test.each([
    ["of a known length", `Content-Length: 1025\r\n\r\n${"x".repeat(1_025)}`],
    ["that comes in pieces", `Transfer-Encoding: chunked\r\n\r\n401\r\n${"x".repeat(1_025)}\r\n0\r\n\r\n`],
  ])("is not made of a body beyond the limit %s, and the original is whole", async (_, rest) => {
    const path = `/${++serial}`;
    const before = counted("skipped_total", "body");
    const reply = await exchange(gateway.port, `POST /all${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${rest}`);
    expect(reply.body.toString()).toBe("main");
    expect(main.requests.at(-1)?.body.byteLength).toBe(1_025);
    expect(counted("skipped_total", "body")).toBe(before + 1);
    expect(copiesOf(path)).toHaveLength(0);
  });

  test("is not made of a handshake for a tunnel", async () => {
    main.answer(switches("websocket", "welcome"));
    const path = `/${++serial}`;
    using client = await connect(gateway.port);
    await openTunnel(client, "websocket", `/all${path}`);
    await client.readUntil("welcome");
    expect(copiesOf(path)).toHaveLength(0);
  });

  test("is sent again on the same connection, also after a reply that comes in pieces", async () => {
    const body = "x".repeat(200_000);
    shadow.answer(replies(response(body)));
    const before = shadow.connections.length;
    for (let i = 0; i < 5; i++) {
      const path = `/${++serial}`;
      await exchange(gateway.port, `GET /all${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
      await one(path);
      await areOver();
    }
    expect(shadow.connections.length - before).toBeLessThanOrEqual(1);
  });
});

describe("the original", () => {
  const send = async (path: string) => {
    const reply = await exchange(gateway.port, `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
    return reply.body.toString();
  };

  test("does not wait for a shadow that hangs, and what is under way is bounded and ends", async () => {
    shadow.answer(hangs());
    const before = counted("failed_total");
    const all = await Promise.all(Array.from({ length: 20 }, () => send(`/few/${++serial}`)));
    expect(all.every((body) => body === "main")).toBe(true);
    // They are answered while the shadow has still some of its second.
    expect(counted("in_flight")).toBe(2);
    await areOver();
    expect(counted("failed_total")).toBe(before + 2);
    await until(() => shadow.open === 0);
    // Its place is free again.
    shadow.answer(replies(response("shadow")));
    const path = `/${++serial}`;
    await send(`/few${path}`);
    await one(path);
  });

  test("does not fail with a shadow that is gone, resets, or drips", async () => {
    expect(await send("/gone/x")).toBe("main");
    shadow.answer(closes());
    expect(await send(`/few/${++serial}`)).toBe("main");
    shadow.answer(async (_, connection) => {
      await connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nx");
    });
    expect(await send(`/few/${++serial}`)).toBe("main");
    await areOver();
    await until(() => shadow.open === 0);
  });

  test("that goes nowhere leaves no place taken", async () => {
    const chunked = "Transfer-Encoding: chunked\r\n\r\n3\r\none\r\n";
    for (let i = 0; i < 10; i++) {
      using client = await connect(gateway.port);
      void client.send(`POST /unreachable/${++serial} HTTP/1.1\r\nHost: a\r\n${chunked}`);
      expect((await client.readResponse()).status).toBe(502);
    }
    const path = `/unreachable/${++serial}`;
    await exchange(gateway.port, `POST ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx`);
    await one(path);
  });

  test("may lose its client, and the copy that has begun is whole", async () => {
    main.answer(hangs());
    const path = `/${++serial}`;
    const client = await connect(gateway.port);
    void client.send(`POST /all${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc`);
    await one(path);
    client.reset();
    await areOver();
    expect((await one(path))?.body.toString()).toBe("abc");
  });
});

describe("of a request with several attempts", () => {
  const closed = "HTTP/1.1\r\nHost: a\r\nConnection: close\r\n";

  test.each([
    ["in memory", "Content-Length: 3\r\n\r\none"],
    ["that comes in pieces", "Transfer-Encoding: chunked\r\n\r\n3\r\none\r\n0\r\n\r\n"],
  ])("there is one copy, also of a POST with a body %s", async (_, rest) => {
    const paths = Array.from({ length: 6 }, () => `/tried/${++serial}`);
    for (const path of paths) {
      const reply = await exchange(gateway.port, `POST ${path} ${closed}${rest}`);
      expect(reply.body.toString()).toBe("main");
      expect((await one(path))?.body.toString()).toBe("one");
    }
    await areOver();
    expect(paths.map((path) => copiesOf(path).length)).toEqual([1, 1, 1, 1, 1, 1]);
  });

  test("there is one copy when all fail, and when one is hedged", async () => {
    const failing = `/tried/${++serial}`;
    main.answer(closes());
    expect((await exchange(gateway.port, `GET ${failing} ${closed}\r\n`)).status).toBe(502);
    await one(failing);
    const hedged = `/tried/${++serial}`;
    main.answer(hangs());
    using client = await connect(gateway.port);
    const hedges = () => gateway.metricsOf("retry").value("hedges_total", { service: "tried" }) ?? 0;
    const before = hedges();
    void client.send(`GET ${hedged} ${closed}\r\n`);
    await until(() => hedges() > before && main.requests.some(({ target }) => target === hedged));
    client.reset();
    await areOver();
    expect([copiesOf(failing).length, copiesOf(hedged).length]).toEqual([1, 1]);
  });
});

test("a share of the requests is copied", async () => {
  using client = await connect(gateway.port);
  const before = shadow.requests.length;
  for (let i = 0; i < 400; i++) await client.exchange(`GET /some/${++serial} HTTP/1.1\r\nHost: a\r\n\r\n`);
  await areOver();
  const count = shadow.requests.length - before;
  // 100 by the lot; five deviations of 8.7 to each side.
  expect(count).toBeGreaterThan(56);
  expect(count).toBeLessThan(144);
});
