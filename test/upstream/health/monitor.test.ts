import { expect, test } from "bun:test";
import type { HealthVerdict } from "../../../src/upstream/health/sharing.ts";
import { closeService, createService, watchHealth } from "../../../src/upstream/service.ts";
import { replies, response } from "../../support/scripts.ts";
import { until } from "../../support/until.ts";
import { startUpstream, type Upstream } from "../../support/upstream.ts";
import { serviceConfig } from "../support.ts";

/** One of several processes; it has told the others what is in `published`. */
function process(upstream: Upstream, isChecker: boolean) {
  const health = { interval: "10s", healthy: 1, unhealthy: 1 };
  const service = createService("users", serviceConfig({ targets: [upstream.url], health }));
  const published: HealthVerdict[] = [];
  watchHealth(service, { isChecker, publish: (verdict) => published.push(verdict) });
  const check = () => service.targets[0]?.health.check;
  return { monitor: service.monitor, check, published, [Symbol.dispose]: () => closeService(service) };
}

const FAILING = replies(response("", { status: 500 }));

test("the process that checks tells what it finds; another one believes it, and asks nobody", async () => {
  using upstream = startUpstream(FAILING);
  using checker = process(upstream, true);
  using other = process(upstream, false);
  await until(() => checker.published.length === 1);
  const [verdict] = checker.published;
  expect(verdict).toEqual({ service: "users", target: upstream.url, state: "unhealthy", lastError: "status 500" });
  other.monitor.learn(verdict as HealthVerdict);
  expect(other.check()).toMatchObject({ state: "unhealthy", lastError: "status 500" });
  expect(upstream.requests).toHaveLength(1);
  expect(other.published).toEqual([]);
});

test("one that takes over tells at once what it knows, believes nobody any more, and checks", async () => {
  using upstream = startUpstream(FAILING);
  using other = process(upstream, false);
  const verdict = { service: "users", target: upstream.url, state: "unhealthy", lastError: "told" } as const;
  other.monitor.learn(verdict);
  other.monitor.takeOver();
  expect(other.published).toEqual([verdict]);
  other.monitor.learn({ ...verdict, state: "healthy" });
  expect(other.check()?.state).toBe("unhealthy");
  await upstream.waitForRequests(1);
  await until(() => other.check()?.lastError === "status 500");
});

test("one that is asked to take over again tells again, and checks no more often", async () => {
  using upstream = startUpstream(replies());
  using checker = process(upstream, true);
  await until(() => checker.published.length === 1);
  checker.monitor.takeOver();
  expect(checker.published).toHaveLength(2);
  expect(checker.published[1]).toMatchObject({ state: "healthy" });
  expect(upstream.requests).toHaveLength(1);
});

test("a target that is not known here is passed over", () => {
  using upstream = startUpstream(replies());
  using other = process(upstream, false);
  other.monitor.learn({ service: "users", target: "http://127.0.0.1:1", state: "unhealthy" });
  expect(other.check()).toBeUndefined();
});
