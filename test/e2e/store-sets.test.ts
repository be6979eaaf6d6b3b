import { expect, test } from "bun:test";
import { startCluster, startSentinels } from "../support/redis-sets.ts";
import { expectUsual, holdUntil, startPolicyGateway, untilUsual } from "../support/store-policies.ts";
import { until } from "../support/until.ts";

test("when Redis fails over, every policy holds in time until the new master is used, which knows all", async () => {
  await using set = await startSentinels();
  const nodes = JSON.stringify(set.nodes);
  await using gateway = await startPolicyGateway(
    `{ sentinel: { master: ${set.name}, nodes: ${nodes} }, command-timeout: 500ms }`,
  );
  const size = async (server: typeof set.master) => await server.cli("dbsize");
  await until(async () => (await size(set.master)) === (await size(set.replica)), { what: "all is replicated" });
  await set.master.kill();
  let isOver = false;
  const failover = async () => {
    // It drops its clients when it becomes the master.
    const isMaster = async () => (await set.replica.cli("role").catch(() => "")).startsWith("master");
    await until(isMaster, { timeout: 25_000, what: "the replica is the master" });
    isOver = true;
  };
  await Promise.all([failover(), holdUntil(() => isOver, gateway)]);
  await untilUsual(gateway, 15_000);
  // Who listens may connect again 2 s later than who asks, and then reads what it has missed.
  await gateway.revokeAnother(5_000);
  expect(await gateway.askAdmin()).toEqual([200, 201, 200]);
}, 60_000);

test("when slots of a Cluster move, no policy is needed: every answer is the usual one, in time", async () => {
  await using cluster = await startCluster();
  await using gateway = await startPolicyGateway(`{ cluster: ${JSON.stringify(cluster.nodes)}, command-timeout: 2s }`);
  const found = await Promise.all(cluster.servers.map((server) => server.cli("keys", "*")));
  const keys = found.flatMap((text) => text.split("\n")).filter((key) => key !== "");
  // Of every plugin there is one.
  for (const part of ["jwt", "api-key", "rate-limit", "quota"]) {
    expect(keys.some((key) => key.includes(part))).toBe(true);
  }
  for (const key of keys) {
    await cluster.moveSlot(key);
    await expectUsual(gateway);
  }
  await gateway.revokeAnother();
  expect(await gateway.askAdmin()).toEqual([200, 201, 200]);
}, 60_000);
