import { describe, expect, test } from "bun:test";
import { systemClock } from "../../../src/upstream/discovery/clock.ts";
import { type ConsulOptions, consulSource } from "../../../src/upstream/discovery/consul.ts";
import { type ConsulServer, startConsul } from "../../support/consul.ts";
import { until } from "../../support/until.ts";
import { follow } from "./support.ts";

function sourceOf({ url }: ConsulServer, options: Partial<ConsulOptions> = {}) {
  return consulSource({ url, service: "users", scheme: "http", pauseMs: 1, ...options }, systemClock);
}

const A = { address: "10.0.0.1", port: 8080 };
const B = { address: "10.0.0.2", port: 8081 };

test("changes are told as they happen, by questions that wait for them", async () => {
  await using consul = startConsul();
  consul.set([A]);
  await using following = follow(sourceOf(consul));
  await following.waitFor(["http://10.0.0.1:8080"]);
  await until(() => consul.waiting === 1);
  consul.set([A, { ...B, weight: 5 }, { address: "", port: 9090, weight: 0 }]);
  await following.waitFor(["http://10.0.0.1:8080", "http://10.0.0.2:8081*5", "http://10.9.9.9:9090*0"]);
  await until(() => consul.waiting === 1);
  consul.set([]);
  await following.waitFor([]);
  expect(consul.questions.slice(0, 3).map(({ query }) => [query.passing, query.index, query.wait])).toEqual([
    ["true", undefined, undefined],
    ["true", "11", "60s"],
    ["true", "12", "60s"],
  ]);
});

test("service, tag, datacenter, namespace and token are told", async () => {
  await using consul = startConsul();
  const more = { service: "my users", tag: "v2", datacenter: "dc2", namespace: "shop", token: "t-1" };
  await using following = follow(sourceOf(consul, more));
  await following.waitFor([]);
  expect(consul.questions[0]).toEqual({
    path: "/v1/health/service/my%20users",
    query: { passing: "true", tag: "v2", dc: "dc2", ns: "shop" },
    token: "t-1",
  });
});

test("an index that goes back begins anew", async () => {
  await using consul = startConsul();
  consul.set([A], 50);
  await using following = follow(sourceOf(consul));
  await until(() => consul.waiting === 1);
  consul.set([B], 3);
  await following.waitFor(["http://10.0.0.2:8081"]);
  await until(() => consul.waiting === 1);
  expect(consul.questions.map(({ query }) => query.index)).toEqual([undefined, "50", undefined, "3"]);
});

test("a server that answers at once all the time is not asked all the time", async () => {
  await using consul = startConsul();
  consul.answer = () => Response.json([], { headers: { "x-consul-index": "7" } });
  const before = performance.now();
  await using following = follow(sourceOf(consul, { pauseMs: 40 }));
  await consul.waitForQuestions(6);
  expect(performance.now() - before).toBeGreaterThan(5 * 40 - 10);
  expect(following.told.length).toBeGreaterThanOrEqual(5);
});

describe("what is no answer ends it, with nothing told", () => {
  const index = { headers: { "x-consul-index": "7" } };
  const long = () => new Response("x".repeat(9_000_000), index);
  test.each([
    ["an error", () => new Response("no leader", { status: 500 }), /^127\.0\.0\.1:\d+ answered 500$/],
    ["a redirect", () => Response.redirect("http://127.0.0.1:1/", 302), /answered 302$/],
    ["no index", () => Response.json([]), "the answer has no X-Consul-Index"],
    ["garbage", () => new Response("<html>", index), "the answer is not JSON"],
    ["JSON of another shape", () => Response.json({ a: 1 }, index), "the answer is no list of instances"],
    ["an instance without a port", () => Response.json([{ Service: { Address: "10.0.0.1" } }], index), "no port"],
    ["a broken address", () => Response.json([{ Service: { Address: "a b", Port: 1 } }], index), "no address"],
    ["too long an answer", long, "the answer has more than 8388608 bytes"],
  ])("%s", async (_, answer, message) => {
    await using consul = startConsul();
    consul.answer = answer;
    await using following = follow(sourceOf(consul, { token: "t-1" }));
    const error = await following.ended.catch((reason: unknown) => reason);
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).not.toContain("t-1");
    expect(following.told).toEqual([]);
  });

  test("a head that does not come in time", async () => {
    await using consul = startConsul();
    consul.answer = () => new Promise(() => {});
    await using following = follow(sourceOf(consul, { graceMs: 30 }));
    const error = await following.ended.catch((reason: unknown) => reason);
    expect((error as Error).message).toMatch(/^127\.0\.0\.1:\d+ has not answered within 30 ms$/);
  });

  test("a body that does not end in time", async () => {
    await using consul = startConsul();
    const endless = new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode("[")) });
    consul.answer = () => new Response(endless, index);
    await using following = follow(sourceOf(consul, { graceMs: 50 }));
    const error = await following.ended.catch((reason: unknown) => reason);
    expect((error as Error).message).toMatch(/has not answered within 50 ms$/);
  });

  test("a server that is not there", async () => {
    await using following = follow(sourceOf({ url: "http://127.0.0.1:1" } as ConsulServer));
    expect(await following.ended.catch((reason: unknown) => String(reason))).toContain("connect");
  });
});

test("an abort ends the question that waits", async () => {
  await using consul = startConsul();
  consul.set([A]);
  {
    await using following = follow(sourceOf(consul));
    await following.waitFor(["http://10.0.0.1:8080"]);
    await until(() => consul.waiting === 1);
  }
  await until(() => consul.waiting === 0, { what: "the question has gone" });
});
