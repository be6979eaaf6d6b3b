import { startGateway } from "../support/gateway.ts";
import { connect, type RawClient } from "../support/raw.ts";
import { hangs, replies, response } from "../support/scripts.ts";
import { startUpstream } from "../support/upstream.ts";

/**
 * Measures what a service that hangs with 2,000 requests in flight costs another one: p99 of the latter, without and with them in
 * turn, at the same rate. `bun test/bench/bulkhead.ts`
 */

const HUNG = 2_000;
const ROUNDS = 7;
const REQUESTS = 1_000;
const EVERY_MS = 4;
const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

/** In ms, of requests that are sent one every 4 ms, over as many connections as it takes. */
async function measure(port: number): Promise<number> {
  const idle: RawClient[] = [];
  const took: number[] = [];
  const all: Promise<void>[] = [];
  const one = async () => {
    const client = idle.pop() ?? (await connect(port));
    const startedAt = performance.now();
    await client.exchange(get("/good"));
    took.push(performance.now() - startedAt);
    idle.push(client);
  };
  for (let i = 0; i < REQUESTS; i++) {
    all.push(one());
    await Bun.sleep(EVERY_MS);
  }
  await Promise.all(all);
  for (const client of idle) client.close();
  return quantile(took, 0.99);
}

function quantile(values: readonly number[], q: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * q)] ?? Number.NaN;
}

using hung = startUpstream(hangs());
using good = startUpstream(replies(response("ok")));
await using gateway = await startGateway(`
services:
  hung: { targets: ["${hung.url}"], pool: { max-connections: ${HUNG} }, timeouts: { response: 1h, total: 1h } }
  good: { targets: ["${good.url}"] }
routes: [{ path: /hung, service: hung }, { path: /good, service: good }]
`);
await measure(gateway.port);
const ratios: number[] = [];
for (let round = 1; round <= ROUNDS; round++) {
  const without = await measure(gateway.port);
  const clients = await Promise.all(Array.from({ length: HUNG }, () => connect(gateway.port)));
  for (const client of clients) void client.send(get("/hung"));
  await hung.waitForRequests(HUNG * round, { timeout: 30_000 });
  const beside = await measure(gateway.port);
  for (const client of clients) client.reset();
  await hung.waitForClosed({ timeout: 30_000 });
  ratios.push(beside / without);
  console.log(`p99 ${without.toFixed(2)} ms alone, ${beside.toFixed(2)} ms beside ${HUNG} hung`);
}
console.log(`median ratio ${quantile(ratios, 0.5).toFixed(2)}`);
