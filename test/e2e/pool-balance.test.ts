import { afterAll, beforeAll, expect, test } from "bun:test";
import { type GatewayProcess, startGateway } from "../support/gateway.ts";
import { connect } from "../support/raw.ts";
import { hangs, replies, response } from "../support/scripts.ts";
import { until } from "../support/until.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";

const cleanup = new AsyncDisposableStack();
let gateway: GatewayProcess;
let upstreams: readonly Upstream[];

beforeAll(async () => {
  upstreams = ["a", "b", "c"].map((name) => cleanup.use(startUpstream(replies(response(name)))));
  const [a, b, c] = upstreams.map(({ url }) => url);
  gateway = cleanup.use(
    await startGateway(`
services:
  turns: { targets: ["${a}", "${b}", "${c}"] }
  weights: { targets: [{ url: "${a}", weight: 3 }, "${b}", { url: "${c}", weight: 0 }] }
  least: { targets: ["${a}", "${b}"], balance: least-request }
  old: { targets: ["${a}"] }
  new: { targets: ["${b}"] }
routes:
  - { path: /turns, service: turns }
  - { path: /weights, service: weights }
  - { path: /least, service: least }
  - { path: /canary, weighted: [{ service: old, weight: 9 }, { service: new, weight: 1 }] }
`),
  );
});

afterAll(() => cleanup.disposeAsync());

/** How many of the requests, one after the other, each upstream answered. */
async function spread(path: string, count: number): Promise<Readonly<Record<string, number>>> {
  const counts = { a: 0, b: 0, c: 0 };
  using client = await connect(gateway.port);
  for (let i = 0; i < count; i++) {
    const answer = await client.exchange(`GET ${path} HTTP/1.1\r\nHost: a.test\r\n\r\n`);
    counts[answer.body.toString() as keyof typeof counts]++;
  }
  return counts;
}

test("round-robin gives every target the same share", async () => {
  expect(await spread("/turns", 300)).toEqual({ a: 100, b: 100, c: 100 });
});

test("weights are shares, and 0 is none", async () => {
  expect(await spread("/weights", 400)).toEqual({ a: 300, b: 100, c: 0 });
});

test("least-request leaves a target alone that is busy", async () => {
  const total = () => upstreams.reduce((sum, { requests }) => sum + requests.length, 0);
  const [slow] = upstreams;
  slow?.answer(hangs());
  const before = slow?.requests.length ?? 0;
  using stuck = new DisposableStack();
  let client = await connect(gateway.port);
  for (let i = 0; i < 50; i++) {
    const [all, hung] = [total(), slow?.requests.length];
    void client.send("GET /least HTTP/1.1\r\nHost: a.test\r\n\r\n");
    await until(() => total() > all);
    if (slow?.requests.length === hung) {
      await client.readResponse();
      continue;
    }
    stuck.use(client);
    client = await connect(gateway.port);
  }
  client.close();
  expect((slow?.requests.length ?? 0) - before).toBe(1);
  slow?.answer(replies(response("a")));
});

test("a route's weighted services get their shares", async () => {
  const { a = 0, b = 0, c } = await spread("/canary", 2_000);
  expect(a + b).toBe(2_000);
  expect(c).toBe(0);
  // Five standard deviations of 2,000 draws around 200.
  expect(b).toBeGreaterThan(133);
  expect(b).toBeLessThan(267);
});
