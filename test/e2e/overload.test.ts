import { expect, test } from "bun:test";
import { startGateway } from "../support/gateway.ts";
import { metricsOf } from "../support/metrics.ts";
import { replies, response } from "../support/scripts.ts";
import { tempFolder } from "../support/temp.ts";
import { until } from "../support/until.ts";
import { startUpstream } from "../support/upstream.ts";

const CONTRACT = new URL("../../src/plugin.ts", import.meta.url).pathname;

/** Holds the event loop up, again and again, between /block and /calm. */
const BLOCKER = `
import { definePlugin, Reply, Type } from "${CONTRACT}";
let timer: ReturnType<typeof setInterval> | undefined;
export default definePlugin({
  name: "blocker", description: "Holds everything up.", options: Type.Object({}), answers: true,
  setup: () => ({
    request(ctx) {
      clearInterval(timer);
      if (ctx.request.path === "/block") timer = setInterval(() => Bun.sleepSync(300), 1);
      return Reply.text(200, "ok");
    },
  }),
});
`;

const yaml = (url: string, overload: string) => `
overload: ${overload}
services: { up: { targets: ["${url}"] } }
routes:
  - { path: /block, priority: critical, plugins: { ./blocker.ts: {} } }
  - { path: /calm, priority: critical, plugins: { ./blocker.ts: {} } }
  - { path: /low, service: up, priority: low }
  - { path: /normal, service: up }
  - { path: /critical, service: up, priority: critical }
`;

test("a gateway that lags refuses low priority, tells it, serves what is critical, and all again when it is over", async () => {
  using upstream = startUpstream(replies(response("ok")));
  using folder = tempFolder();
  folder.write("blocker.ts", BLOCKER);
  const config = yaml(upstream.url, "{ loop-lag: 100ms, hold: 500ms }");
  await using gateway = await startGateway(config, { folder: folder.path });
  const ask = (path: string) => fetch(`http://127.0.0.1:${gateway.port}${path}`);
  for (const path of ["/low", "/normal", "/critical", "/block"]) expect((await ask(path)).status).toBe(200);
  await gateway.waitForLog(({ msg }) => msg === "overload: requests are refused by priority", 10_000);
  const refused = await ask("/low");
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "1"]);
  expect(await refused.json()).toMatchObject({ code: "overloaded" });
  expect((await ask("/critical")).status).toBe(200);
  expect((await ask("/nowhere")).status).toBe(404);
  expect((await fetch(`http://127.0.0.1:${gateway.adminPort}/health/ready`)).status).toBe(200);
  const metrics = await metricsOf(gateway);
  expect(metrics.value("sluice_overload_level", {})).toBeGreaterThan(0);
  expect(metrics.value("sluice_overload_refused_total", { priority: "low" })).toBe(1);
  expect((await ask("/calm")).status).toBe(200);
  await gateway.waitForLog(({ msg }) => msg === "overload is over: all requests are served", 20_000);
  expect((await ask("/low")).status).toBe(200);
}, 60_000);

test("a gateway with too much memory refuses all but what is critical", async () => {
  using upstream = startUpstream(replies(response("ok")));
  using folder = tempFolder();
  folder.write("blocker.ts", BLOCKER);
  // A process that serves has more than this from the start.
  const config = yaml(upstream.url, "{ memory: 64mb }");
  await using gateway = await startGateway(config, { folder: folder.path });
  const statusOf = async (path: string) => (await fetch(`http://127.0.0.1:${gateway.port}${path}`)).status;
  await until(async () => (await statusOf("/normal")) === 503, { what: "memory is seen" });
  expect([await statusOf("/low"), await statusOf("/critical")]).toEqual([503, 200]);
});
