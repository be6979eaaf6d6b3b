import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test";
import type { JsonObject } from "../../src/plugin.ts";
import { type InProcessGateway, startInProcess } from "../support/in-process.ts";
import { exchange } from "../support/raw.ts";
import { closes, replies, response } from "../support/scripts.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";
import { describeEveryWay, listenEveryWay, portOf } from "../support/ways.ts";

const cleanup = new AsyncDisposableStack();
let gateway: InProcessGateway;
let up: Upstream;

const content = { "application/json": { example: { mocked: true } } };
const DOCUMENT: JsonObject = {
  openapi: "3.1.0",
  info: { title: "Things", version: "1" },
  paths: {
    "/things": {
      get: { responses: { 200: { description: "ok", content } } },
      post: { responses: { 200: { description: "ok", content } } },
    },
  },
};

beforeAll(async () => {
  up = cleanup.use(startUpstream(replies(response("real"))));
  const dead = startUpstream(replies());
  dead.stop();
  gateway = cleanup.use(
    await startInProcess(`
${listenEveryWay()}
services: { up: { targets: ["${up.url}"] }, dead: { targets: ["${dead.url}"] } }
routes:
  - { path: /up/*, service: up, strip-prefix: /up, plugins: { mock: {}, retry: {} } }
  - { path: /dead/*, service: dead, strip-prefix: /dead, plugins: { mock: {}, retry: {} } }
  - { path: /always/*, service: up, strip-prefix: /always, plugins: { mock: { when: always } } }
`),
  );
  for (const service of ["up", "dead"]) gateway.documents.put(service, DOCUMENT);
});

afterAll(() => cleanup.disposeAsync());
beforeEach(() => up.answer(replies(response("real"))));

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

describeEveryWay("a mock", (way) => {
  test("answers for a service that cannot be reached, after all attempts, and not for one that can", async () => {
    const port = portOf(way, gateway);
    const mocked = await way.exchange(port, get("/dead/things"));
    expect([mocked.status, mocked.body.toString(), mocked.header("x-mock")]).toEqual([200, '{"mocked":true}', "down"]);
    const real = await way.exchange(port, get("/up/things"));
    expect([real.status, real.body.toString(), real.header("x-mock")]).toEqual([200, "real", undefined]);
    expect((await way.exchange(port, get("/dead/others"))).status).toBe(502);
  });

  test("that answers always never asks the service", async () => {
    const before = up.requests.length;
    const reply = await way.exchange(portOf(way, gateway), get("/always/things"));
    expect([reply.status, reply.body.toString(), reply.header("x-mock")]).toEqual([200, '{"mocked":true}', "always"]);
    expect(up.requests.length).toBe(before);
  });
});

test("a service that has taken the request and failed has not been mocked", async () => {
  up.answer(closes());
  const body = "POST /up/things HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx";
  expect((await exchange(gateway.port, body)).status).toBe(502);
});
