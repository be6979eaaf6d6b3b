import { expect, test } from "bun:test";
import { awaitable } from "../../../src/message/pending.ts";
import { createTestLasting } from "../../../src/testing/lasting.ts";
import {
  closeService,
  createService,
  discoverTargets,
  selectTarget,
  sendToSelected,
} from "../../../src/upstream/service.ts";
import { startConsul } from "../../support/consul.ts";
import { startDnsServer } from "../../support/dns.ts";
import { replies, response } from "../../support/scripts.ts";
import { until } from "../../support/until.ts";
import { startUpstream } from "../../support/upstream.ts";
import { contextOf, serviceConfig } from "../support.ts";

const at = (port: number) => ({ address: "127.0.0.1", port });

/** A service whose targets Consul knows, followed until the end of the block. */
async function discovered(consul: string, more: Readonly<Record<string, unknown>> = {}) {
  const service = createService(
    "users",
    serviceConfig({ discover: { consul: { url: consul, service: "users" } }, ...more }),
  );
  const { log, logs } = createTestLasting();
  await discoverTargets(service, log);
  return { service, logs, [Symbol.dispose]: () => closeService(service) };
}

test("without a target there is nothing to select; with the first one there is", async () => {
  await using consul = startConsul();
  using a = startUpstream(replies(response("a")));
  using users = await discovered(consul.url);
  expect(() => selectTarget(users.service, contextOf())).toThrow(
    expect.objectContaining({ code: "no_target_available" }),
  );
  consul.set([at(a.port)]);
  await until(() => users.service.targets.length === 1);
  const ctx = contextOf();
  selectTarget(users.service, ctx);
  expect(ctx.target).toBe(a.url);
  expect((await awaitable(sendToSelected(ctx))).status).toBe(200);
});

test("a target that goes finishes its requests, and closes its connections", async () => {
  await using consul = startConsul();
  const finish = Promise.withResolvers<void>();
  using a = startUpstream(async (_, connection) => {
    await finish.promise;
    await connection.send(response("late"));
  });
  consul.set([at(a.port)]);
  using users = await discovered(consul.url);
  const ctx = contextOf();
  selectTarget(users.service, ctx);
  const reply = awaitable(sendToSelected(ctx));
  await a.waitForRequests(1);
  // Selected before it goes, and sent after: as a retry may do.
  const second = contextOf();
  selectTarget(users.service, second);
  consul.set([]);
  await until(() => users.service.targets.length === 0);
  expect(users.service.following?.discovery.report.draining).toBe(1);
  expect(a.open).toBe(1);
  const other = awaitable(sendToSelected(second));
  await a.waitForRequests(2);
  finish.resolve();
  expect(await (await reply).body.text(10)).toBe("late");
  expect(await (await other).body.text(10)).toBe("late");
  await a.waitForClosed();
  await until(() => users.service.following?.discovery.report.draining === 0);
});

test("an idle connection of a target that goes is closed at once; one that returns has its counts, and keeps connections", async () => {
  await using consul = startConsul();
  using a = startUpstream(replies(response("a")));
  consul.set([at(a.port)]);
  using users = await discovered(consul.url);
  const send = async () => {
    const ctx = contextOf();
    selectTarget(users.service, ctx);
    await (await awaitable(sendToSelected(ctx))).body.text(10);
  };
  await send();
  expect(a.open).toBe(1);
  consul.set([]);
  await a.waitForClosed();
  consul.set([at(a.port)]);
  await until(() => users.service.targets.length === 1);
  await send();
  await send();
  const [target] = users.service.targets;
  expect(target?.stats).toMatchObject({ attempts: 3, created: 2, reused: 1 });
  expect(target?.pool.idle).toBe(1);
});

test("targets of SRV records are found by the servers that have told them", async () => {
  await using server = await startDnsServer();
  using a = startUpstream(replies(response("a")));
  const data = { target: "a.nowhere.internal", port: a.port, priority: 1, weight: 1 };
  server.set("SRV _http._tcp.users.internal", [{ type: "SRV", name: "_http._tcp.users.internal", ttl: 5, data }]);
  server.set("A a.nowhere.internal", [{ type: "A", name: "a.nowhere.internal", data: "127.0.0.1", ttl: 5 }]);
  const config = serviceConfig({ discover: { srv: "_http._tcp.users.internal", servers: [server.address] } });
  const service = createService("users", config);
  await discoverTargets(service, createTestLasting().log);
  const ctx = contextOf();
  selectTarget(service, ctx);
  expect(ctx.target).toBe(`http://a.nowhere.internal:${a.port}`);
  expect((await awaitable(sendToSelected(ctx))).status).toBe(200);
  closeService(service);
});

test("a service that is closed ends the question that waits", async () => {
  await using consul = startConsul();
  {
    using _users = await discovered(consul.url);
    await until(() => consul.waiting === 1);
  }
  await until(() => consul.waiting === 0);
});

test("files of tls are read when a service that discovers https targets is made", () => {
  const discover = { dns: "users.internal", scheme: "https" };
  const config = serviceConfig({ discover, tls: { ca: import.meta.path } });
  const broken = { ...config, tls: { ...config.tls, ca: `${import.meta.path}.none` } };
  expect(() => createService("users", broken)).toThrow("ENOENT");
  expect(createService("users", config).targets).toEqual([]);
});
