import { type GatewayProcess, startGateway } from "../support/gateway.ts";
import { connect, type RawClient } from "../support/raw.ts";
import { hangs, replies, response } from "../support/scripts.ts";
import { startUpstream } from "../support/upstream.ts";
import { cpuUsOf } from "./cpu.ts";

/**
 * Measures what a service that hangs with 2,000 requests in flight costs another one: two gateways that are alike are asked in turn,
 * and only one has the 2,000, so that whatever else the machine does meets both. Of a machine that is busy the p50 and the CPU time still say
 * something; for p99 it has to be quiet. `bun test/bench/bulkhead.ts`
 */

const HUNG = 2_000;
const ROUNDS = 5;
const REQUESTS = 2_000;
const EVERY_MS = 2;
const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

using hung = startUpstream(hangs());
using good = startUpstream(replies(response("ok")));
const yaml = `
services:
  hung: { targets: ["${hung.url}"], pool: { max-connections: ${HUNG} }, timeouts: { response: 1h, total: 1h } }
  good: { targets: ["${good.url}"] }
routes: [{ path: /hung, service: hung }, { path: /good, service: good }]
`;

/** Asks the good service through one gateway; latencies are in ms. */
class Side {
  readonly took: number[] = [];
  readonly #idle: RawClient[] = [];
  readonly #gateway: GatewayProcess;

  constructor(gateway: GatewayProcess) {
    this.#gateway = gateway;
  }

  async ask(): Promise<void> {
    const client = this.#idle.pop() ?? (await connect(this.#gateway.port));
    const startedAt = performance.now();
    await client.exchange(get("/good"));
    this.took.push(performance.now() - startedAt);
    this.#idle.push(client);
  }
}

async function askInTurn(alone: Side, beside: Side): Promise<void> {
  const all: Promise<void>[] = [];
  for (let i = 0; i < REQUESTS; i++) {
    all.push(alone.ask());
    await Bun.sleep(EVERY_MS);
    all.push(beside.ask());
    await Bun.sleep(EVERY_MS);
  }
  await Promise.all(all);
}

function quantile(values: readonly number[], q: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * q)] ?? Number.NaN;
}

await using first = await startGateway(yaml);
await using second = await startGateway(yaml);
await askInTurn(new Side(first), new Side(second));
const clients = await Promise.all(Array.from({ length: HUNG }, () => connect(second.port)));
for (const client of clients) void client.send(get("/hung"));
await hung.waitForRequests(HUNG, { timeout: 30_000 });
const ratios: { p50: number; p99: number; cpu: number }[] = [];
for (let round = 0; round < ROUNDS; round++) {
  const [alone, beside] = [new Side(first), new Side(second)];
  const before = [cpuUsOf([first.pid]), cpuUsOf([second.pid])] as const;
  await askInTurn(alone, beside);
  const ratioOf = (q: number) => quantile(beside.took, q) / quantile(alone.took, q);
  const cpu = (cpuUsOf([second.pid]) - before[1]) / (cpuUsOf([first.pid]) - before[0]);
  const ratio = { p50: ratioOf(0.5), p99: ratioOf(0.99), cpu };
  ratios.push(ratio);
  console.log(
    `p99 ${quantile(alone.took, 0.99).toFixed(2)} ms alone; beside ${HUNG} hung, times as much: ${textOf(ratio)}`,
  );
}
const median = (key: "p50" | "p99" | "cpu") =>
  quantile(
    ratios.map((ratio) => ratio[key]),
    0.5,
  );
console.log(`medians: ${textOf({ p50: median("p50"), p99: median("p99"), cpu: median("cpu") })}`);

function textOf({ p50, p99, cpu }: { p50: number; p99: number; cpu: number }): string {
  return `p50 ${p50.toFixed(2)}, p99 ${p99.toFixed(2)}, CPU ${cpu.toFixed(2)}`;
}
