import { expect, test } from "bun:test";
import { createTestLasting } from "../../../src/testing/lasting.ts";
import {
  closeService,
  createService,
  discoverTargets,
  selectTarget,
  watchHealth,
} from "../../../src/upstream/service.ts";
import { startConsul } from "../../support/consul.ts";
import { replies, response } from "../../support/scripts.ts";
import { until } from "../../support/until.ts";
import { startUpstream } from "../../support/upstream.ts";
import { contextOf, serviceConfig } from "../support.ts";

const at = (port: number) => ({ address: "127.0.0.1", port });
const FAILING = replies(response("", { status: 500 }));
const CHECKS = { interval: "20ms", timeout: "30s", "failing-interval": "20ms", healthy: 1, unhealthy: 1 };

/** A service whose targets Consul knows, watched and followed until the end of the block. */
async function discovered(consul: string, more: Readonly<Record<string, unknown>>) {
  const config = serviceConfig({ discover: { consul: { url: consul, service: "users" } }, ...more });
  const lasting = createTestLasting();
  const service = createService("users", config, lasting);
  watchHealth(service);
  await discoverTargets(service, lasting.log);
  const targetOf = (url: string) => service.targets.find((target) => target.url === url);
  const picked = () => {
    const ctx = contextOf();
    selectTarget(service, ctx);
    return ctx.target;
  };
  return { service, targetOf, picked, [Symbol.dispose]: () => closeService(service) };
}

test("a target that discovery brings is checked, one that it takes is not any more", async () => {
  await using consul = startConsul();
  using a = startUpstream(replies());
  using b = startUpstream(FAILING);
  consul.set([at(a.port)]);
  using users = await discovered(consul.url, { health: CHECKS });
  await until(() => users.targetOf(a.url)?.health.check?.state === "healthy");
  consul.set([at(a.port), at(b.port)]);
  await until(() => users.targetOf(b.url)?.health.check?.state === "unhealthy");
  expect(new Set(Array.from({ length: 8 }, users.picked))).toEqual(new Set([a.url]));
  const gone = users.targetOf(b.url);
  consul.set([at(a.port)]);
  await until(() => users.service.targets.length === 1);
  const { length } = b.connections;
  const checked = a.connections.length;
  await a.waitForConnections(checked + 3);
  expect(b.connections.length).toBeLessThanOrEqual(length + 1);
  expect(gone?.health.check).toBeUndefined();
});

test("a target that is back after it was gone is watched again", async () => {
  await using consul = startConsul();
  using a = startUpstream(replies());
  using b = startUpstream(replies());
  consul.set([at(a.port), at(b.port)]);
  using users = await discovered(consul.url, { health: CHECKS, "outlier-detection": {} });
  const before = users.targetOf(b.url);
  consul.set([at(a.port)]);
  await until(() => users.service.targets.length === 1);
  expect(before?.health.listener).toBeUndefined();
  b.answer(FAILING);
  consul.set([at(a.port), at(b.port)]);
  await until(() => users.targetOf(b.url)?.health.check?.state === "unhealthy");
  expect(users.targetOf(b.url)).toBe(before as never);
  expect(before?.health.listener).toBeDefined();
});

test("one that joins others starts slowly; the first ones do not", async () => {
  await using consul = startConsul();
  consul.set([at(1)]);
  using users = await discovered(consul.url, { "slow-start": "60s" });
  await until(() => users.service.targets.length === 1);
  consul.set([at(1), at(2)]);
  await until(() => users.service.targets.length === 2);
  expect(users.service.targets.map(({ health }) => health.isWarming)).toEqual([false, true]);
  const picks = Array.from({ length: 200 }, users.picked).filter((url) => url === "http://127.0.0.1:2");
  expect(picks.length).toBeLessThan(20);
});

test("when the last healthy one goes, the others are used", async () => {
  await using consul = startConsul();
  using a = startUpstream(replies());
  using b = startUpstream(FAILING);
  consul.set([at(a.port), at(b.port)]);
  using users = await discovered(consul.url, { health: CHECKS });
  await until(() => users.targetOf(b.url)?.health.isUsable === false);
  consul.set([at(b.port)]);
  await until(() => users.service.targets.length === 1);
  expect(users.picked()).toBe(b.url);
  expect(users.service.health.isPanicking).toBe(true);
});
