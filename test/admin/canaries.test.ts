import { describe, expect, test } from "bun:test";
import { sumCanaries } from "../../src/admin/sum-canaries.ts";
import type { CanaryView } from "../../src/traffic/canary-report.ts";
import { startTestAdmin } from "./setup.ts";

const CANARY: CanaryView = {
  route: "orders",
  service: "orders-next",
  against: "orders",
  run: "orders:1",
  state: "running",
  share: 0.05,
  step: 2,
  steps: 4,
  startedAt: "2026-11-26T10:00:00.000Z",
  since: "2026-11-26T10:10:00.000Z",
  order: 3,
  elapsedMs: 700,
  stepMs: 600,
  counts: { new: { requests: 10, failures: 1 }, old: { requests: 200, failures: 0 } },
};

/** An admin port of a gateway with that canary. */
function start(canary: Partial<CanaryView> = {}) {
  return startTestAdmin({ canaries: () => [{ ...CANARY, ...canary }] });
}

function post(port: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return fetch(`http://127.0.0.1:${port}/api/canaries`, { method: "POST", body: text, headers });
}

test("the list has their state, share, step, counts and since when", async () => {
  await using admin = start();
  const { run: _run, order: _order, elapsedMs: _elapsed, stepMs: _step, ...shown } = CANARY;
  expect(await (await admin.get("/api/canaries")).json()).toEqual({ canaries: [shown] });
});

describe("an order", () => {
  test.each([
    ["pause", {}, { state: "paused", elapsedMs: 700 }],
    ["promote", {}, { state: "promoted", elapsedMs: 700 }],
    ["promote", { state: "paused" }, { state: "promoted", elapsedMs: 700 }],
    ["abort", {}, { state: "stopped", elapsedMs: 700 }],
    ["abort", { state: "promoted" }, { state: "stopped", elapsedMs: 700 }],
    ["resume", { state: "paused" }, { state: "running", elapsedMs: 700 }],
    ["resume", { state: "promoted" }, { state: "running", elapsedMs: 700 }],
    // The step on which it was stopped begins anew.
    ["resume", { state: "stopped" }, { state: "running", elapsedMs: 600 }],
  ] as const)("to %s with %p is given with the next number", async (action, canary, expected) => {
    await using admin = start(canary);
    expect((await post(admin.port, { route: "orders", action })).status).toBe(200);
    const order = { ...expected, number: 4, at: expect.any(Number) };
    expect(admin.applied).toEqual([{ run: "orders:1", order }]);
    const lines = admin.logs.map((line) => JSON.parse(line));
    expect(lines).toMatchObject([
      { msg: "a canary was ordered", route: "orders", service: "orders-next", state: expected.state },
      { msg: "an admin action", who: "local", method: "POST", path: "/api/canaries", status: 200 },
    ]);
  });

  test.each([
    ["pause", "paused"],
    ["promote", "promoted"],
    ["resume", "running"],
    ["resume", "done"],
    ["abort", "stopped"],
  ] as const)("to %s what is %s changes nothing", async (action, state) => {
    await using admin = start({ state });
    const response = await post(admin.port, { route: "orders", action });
    expect([response.status, await response.json()]).toEqual([200, expect.objectContaining({ state })]);
    expect(admin.applied).toEqual([]);
  });

  test.each([
    ["promote", "stopped"],
    ["pause", "stopped"],
    ["pause", "done"],
    ["pause", "promoted"],
  ] as const)("to %s what is %s is refused", async (action, state) => {
    await using admin = start({ state });
    const response = await post(admin.port, { route: "orders", action });
    expect([response.status, await response.json()]).toMatchObject([422, { code: "validation_failed" }]);
    expect(admin.applied).toEqual([]);
  });

  test.each([
    ["", "The body is no JSON"],
    ["[]", 'Expected { "route": "orders", "action": "pause" }'],
    ["null", 'Expected { "route": "orders", "action": "pause" }'],
    ['{"route":7,"action":"pause"}', 'Expected { "route": "orders", "action": "pause" }'],
    ['{"route":"orders"}', "action: expected one of promote, pause, resume, abort"],
    ['{"route":"orders","action":"toString"}', "action: expected one of promote, pause, resume, abort"],
    ['{"route":"orders","action":"promot"}', 'did you mean "promote"?'],
    ['{"rout":"orders","action":"pause"}', 'did you mean "route"?'],
  ])("with the body %p is 400, and says why", async (body, detail) => {
    await using admin = start();
    const response = await post(admin.port, body);
    const problem = (await response.json()) as { readonly detail: string };
    expect([response.status, problem.detail]).toEqual([400, expect.stringContaining(detail)]);
    expect(admin.applied).toEqual([]);
  });

  test("for a route without one is 404, with the nearest", async () => {
    await using admin = start();
    const response = await post(admin.port, { route: "order", action: "pause" });
    const problem = (await response.json()) as { readonly detail: string };
    expect([response.status, problem.detail]).toEqual([
      404,
      'There is no canary on the route "order": did you mean "orders"?',
    ]);
  });

  test("of a page of another site, or from a form, is refused", async () => {
    await using admin = start();
    const order = { route: "orders", action: "abort" };
    expect((await post(admin.port, order, { origin: "https://evil.example" })).status).toBe(403);
    const form = { "sec-fetch-site": "same-origin", "content-type": "text/plain" };
    expect((await post(admin.port, order, form)).status).toBe(415);
    expect(admin.applied).toEqual([]);
  });
});

describe("of several workers", () => {
  test("the most cautious is told, with what all have counted and the latest order", () => {
    const stopped = { ...CANARY, state: "stopped", share: 0, reason: "worse", order: 2 } as const;
    const [sum, ...others] = sumCanaries([[CANARY], [stopped], [{ ...CANARY, order: 5 }]]);
    expect(others).toEqual([]);
    expect(sum).toMatchObject({
      state: "stopped",
      reason: "worse",
      order: 5,
      counts: { new: { requests: 30, failures: 3 }, old: { requests: 600, failures: 0 } },
    });
  });

  test("one that has another run meanwhile is told apart", () => {
    expect(sumCanaries([[CANARY], [{ ...CANARY, run: "orders:2" }]])).toHaveLength(2);
    expect(sumCanaries([])).toEqual([]);
  });
});
