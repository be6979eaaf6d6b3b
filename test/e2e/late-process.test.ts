import { afterAll, expect, test } from "bun:test";
import { startInProcess } from "../support/in-process.ts";
import { connect } from "../support/raw.ts";
import { replies, response } from "../support/scripts.ts";
import { startUpstream } from "../support/upstream.ts";

const up = startUpstream(replies(response("ok")));
afterAll(() => up.stop());

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/** Nothing of this process runs for that long, but the kernel goes on. */
const beLate = (ms: number) => Bun.sleepSync(ms);

test("a request that has come in time is answered, also if the process reads it after the time for it", async () => {
  await using gateway = await startInProcess(`
listen: { host: 127.0.0.1, port: 0, timeouts: { keep-alive: 500ms } }
services: { s: { targets: ["${up.url}"] } }
routes: [{ path: /*, service: s }]
`);
  using client = await connect(gateway.port);
  expect((await client.exchange(GET)).status).toBe(200);
  void client.send(GET);
  beLate(800);
  expect((await client.readResponse()).status).toBe(200);
  // Who sends nothing is closed all the same.
  beLate(800);
  expect((await client.readAll()).toString()).toBe("");
});

test("an idle connection of a gateway that stops is answered what it has sent in time", async () => {
  const gateway = await startInProcess(`
services: { s: { targets: ["${up.url}"] } }
routes: [{ path: /*, service: s }]
`);
  using client = await connect(gateway.port);
  expect((await client.exchange(GET)).status).toBe(200);
  const stopped = gateway.stop(5_000);
  void client.send(GET);
  beLate(800);
  const reply = await client.readResponse();
  expect([reply.status, reply.header("connection")]).toEqual([200, "close"]);
  await stopped;
});
