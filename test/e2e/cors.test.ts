import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { type InProcessGateway, startInProcess } from "../support/in-process.ts";
import { problemOf } from "../support/problem.ts";
import { connect } from "../support/raw.ts";
import { response } from "../support/scripts.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";

const APP = "https://app.example.com";
const CORS = `cors: { origins: [${APP}], credentials: true, methods: [GET, DELETE] }`;

let upstream: Upstream;
let gateway: InProcessGateway;
let seen = 0;

beforeAll(async () => {
  upstream = startUpstream((request, connection) => {
    const headers = [
      ["Access-Control-Allow-Origin", "*"],
      ["access-control-allow-origin", "https://other.example"],
      ["Access-Control-Allow-Methods", "PURGE"],
      ["Vary", "Accept-Encoding"],
    ] as const;
    return connection.send(response(`${request.method} ${request.target}`, { headers }));
  });
  gateway = await startInProcess(`
services:
  all: { targets: ["${upstream.url}"] }
  dead: { targets: ["http://127.0.0.1:1"], timeouts: { connect: 1s } }
routes:
  - { path: /get, methods: [GET], service: all, plugins: { ${CORS} } }
  - { path: /any, service: all, plugins: { ${CORS} } }
  - { path: /own, service: all }
  - { path: /none, methods: [GET], service: all }
  - { path: /dead, service: dead, plugins: { ${CORS} } }
  - { path: /off/*, methods: [DELETE], service: all }
  - { path: /off/*, service: all, plugins: { ${CORS} } }
  - { path: /two, methods: [GET], service: all, plugins: { ${CORS} } }
  - { path: /two, methods: [DELETE], service: all, plugins: { cors: { origins: ["*"], methods: [DELETE] } } }
  - { path: /two, methods: [OPTIONS], service: all }
  - { path: /closed, service: all, plugins: { ip-restriction: { allow: [192.0.2.0/24] }, ${CORS} } }
`);
});
afterAll(async () => {
  await gateway.stop();
  upstream.stop();
});
beforeEach(() => {
  seen = upstream.requests.length;
});

/** The reply to a request, its connection closed. */
async function ask(method: string, path: string, headers: Record<string, string> = {}) {
  using client = await connect(gateway.port);
  const lines = Object.entries({ Host: "gw.test", ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return await client.exchange(`${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n`);
}

function preflight(path: string, method: string, origin = APP) {
  return ask("OPTIONS", path, { Origin: origin, "Access-Control-Request-Method": method });
}

/** How many requests the service has got since the test began. */
function asked(): number {
  return upstream.requests.length - seen;
}

/** The header lines about CORS as they were on the wire. */
function linesOf({ raw }: { readonly raw: string }): string[] {
  const head = raw.slice(0, raw.indexOf("\r\n\r\n")).split("\r\n");
  return head.filter((line) => /^(?:access-control-|vary:)/i.test(line)).sort();
}

const ALLOWED = ["access-control-allow-credentials: true", `access-control-allow-origin: ${APP}`];

describe("on the wire", () => {
  test("the service's headers are replaced, and Vary is added to", async () => {
    const reply = await ask("GET", "/get", { Origin: APP });
    expect(linesOf(reply)).toEqual([...ALLOWED, "vary: Accept-Encoding, origin"]);
    expect(reply.body.toString()).toBe("GET /get");
  });

  test("a preflight is answered by the gateway", async () => {
    const reply = await preflight("/any", "DELETE");
    expect([reply.status, asked()]).toEqual([204, 0]);
    expect(reply.header("content-length")).toBeUndefined();
    expect(linesOf(reply)).toEqual([
      ALLOWED[0] as string,
      "access-control-allow-methods: GET, DELETE",
      ALLOWED[1] as string,
      "access-control-max-age: 600",
      "vary: origin, access-control-request-method, access-control-request-headers",
    ]);
  });

  test("an error of the gateway can be read by the page", async () => {
    const reply = await ask("GET", "/dead", { Origin: APP });
    expect(problemOf(reply)).toBe("502 upstream_connect");
    expect(linesOf(reply)).toEqual([...ALLOWED, "vary: origin"]);
  });

  test("a refusal can, too, and a refused client's preflight fails", async () => {
    const reply = await ask("GET", "/closed", { Origin: APP });
    expect(problemOf(reply)).toBe("403 forbidden");
    expect(linesOf(reply)).toContain(`access-control-allow-origin: ${APP}`);
    expect(problemOf(await preflight("/closed", "GET"))).toBe("403 forbidden");
    expect(asked()).toBe(0);
  });

  test("an OPTIONS that is no preflight goes to the service", async () => {
    const reply = await ask("OPTIONS", "/any", { Origin: APP });
    expect([reply.body.toString(), asked()]).toEqual(["OPTIONS /any", 1]);
    expect(linesOf(reply)).toEqual([...ALLOWED, "vary: Accept-Encoding, origin"]);
  });
});

describe("which route answers a preflight", () => {
  test("the one that takes the request it asks about, also without OPTIONS", async () => {
    const reply = await preflight("/get", "GET");
    expect(reply.status).toBe(204);
    expect(reply.header("access-control-allow-origin")).toBe(APP);
  });

  test("of two with different methods each answers its own, before a third that takes OPTIONS", async () => {
    expect((await preflight("/two", "GET", "https://x.example")).header("access-control-allow-origin")).toBeUndefined();
    expect((await preflight("/two", "DELETE", "https://x.example")).header("access-control-allow-origin")).toBe("*");
    expect(asked()).toBe(0);
  });

  test("a method that no route takes is still not allowed", async () => {
    const reply = await preflight("/get", "PUT");
    expect([problemOf(reply), reply.header("allow")]).toEqual(["405 method_not_allowed", "GET, HEAD"]);
  });

  test("an OPTIONS that is no preflight is not allowed where a route does not take it", async () => {
    expect(problemOf(await ask("OPTIONS", "/get", { Origin: APP }))).toBe("405 method_not_allowed");
  });

  test("without cors on the route the service is asked, or OPTIONS is not allowed, as ever", async () => {
    const reply = await preflight("/own", "GET");
    expect([reply.body.toString(), reply.header("access-control-allow-methods")]).toEqual(["OPTIONS /own", "PURGE"]);
    expect(problemOf(await preflight("/none", "GET"))).toBe("405 method_not_allowed");
  });

  test("another route's cors never answers for one that has none", async () => {
    const reply = await preflight("/off/5", "DELETE");
    expect([problemOf(reply), linesOf(reply), asked()]).toEqual(["403 forbidden", [], 0]);
    expect((await preflight("/off/5", "GET")).status).toBe(204);
  });
});

test("with cors on all routes, one that is without keeps its requests to itself", async () => {
  await using global = await startInProcess(`
plugins: { ${CORS} }
services: { all: { targets: ["${upstream.url}"] } }
routes:
  - { path: /a, methods: [GET], service: all }
  - { path: /a, methods: [DELETE], service: all, plugins: { cors: false } }
`);
  const ask = async (path: string, method: string) => {
    using client = await connect(global.port);
    const lines = `Host: gw\r\nOrigin: ${APP}\r\nAccess-Control-Request-Method: ${method}\r\n`;
    const reply = await client.exchange(`OPTIONS ${path} HTTP/1.1\r\n${lines}\r\n`);
    return [reply.status, reply.header("access-control-allow-origin")];
  };
  expect(await ask("/a", "GET")).toEqual([204, APP]);
  expect(await ask("/a", "DELETE")).toEqual([403, undefined]);
  expect(await ask("/nowhere", "GET")).toEqual([204, APP]);
  expect(await ask("/a", "PUT")).toEqual([204, APP]);
  expect(asked()).toBe(0);
});

test("of weighted services the one that is drawn decides for the route", async () => {
  await using weighted = await startInProcess(`
services:
  open: { targets: ["${upstream.url}"], plugins: { ${CORS} } }
  plain: { targets: ["${upstream.url}"] }
routes:
  - path: /a
    methods: [GET]
    weighted: [{ service: open, weight: 1 }, { service: plain, weight: 1 }]
`);
  const statuses = new Set<number>();
  using client = await connect(weighted.port);
  for (let i = 0; i < 64; i++) {
    const lines = `Host: gw\r\nOrigin: ${APP}\r\nAccess-Control-Request-Method: GET\r\n`;
    statuses.add((await client.exchange(`OPTIONS /a HTTP/1.1\r\n${lines}\r\n`)).status);
  }
  expect([...statuses].sort()).toEqual([204, 405]);
  expect(asked()).toBe(0);
});
