import { expect, test } from "bun:test";
import circuitBreaker from "../../../plugins/circuit-breaker/index.ts";
import { testPlugin } from "../../../src/testing.ts";

const TARGET = "http://upstream.test";

async function create(options: Readonly<Record<string, unknown>> = {}) {
  const t = await testPlugin(circuitBreaker, options);
  const order = (body: unknown) =>
    t.admin.handle(
      new Request("http://admin/", { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body) }),
    );
  return { t, order };
}

test("an operator holds a breaker open, holds it closed, and resets it", async () => {
  const { t, order } = await create({ "consecutive-failures": 1 });
  const fail = () => new Response("", { status: 503 });
  const held = await order({ service: "test", target: TARGET, state: "open" });
  expect(await held.json()).toMatchObject({
    circuits: [{ service: "test", target: TARGET, state: "open", isForced: true, reason: "held open by an operator" }],
  });
  t.clock.advance(86_400_000);
  expect((await t.request()).outcome.errorCode).toBe("circuit_open");
  expect((await t.request()).reply.headers.get("retry-after")).toBe("300");

  await order({ service: "test", target: TARGET, state: "closed" });
  for (let i = 0; i < 3; i++) expect((await t.request({}, fail)).outcome.errorCode).toBeUndefined();

  await order({ service: "test", target: TARGET, state: "reset" });
  await t.request({}, fail);
  expect((await t.request()).outcome.errorCode).toBe("circuit_open");
  const shown = await t.admin.handle(new Request("http://admin/"));
  expect(await shown.json()).toEqual({
    circuits: [
      {
        service: "test",
        site: "route test",
        target: TARGET,
        state: "open",
        since: new Date(t.clock.nowMs).toISOString(),
        reason: "1 failure in a row, the last: 503",
        openUntil: new Date(t.clock.nowMs + 10_000).toISOString(),
        isForced: false,
      },
    ],
  });
});

test("an order that changes no state is no change of it, and one to hold it open lasts", async () => {
  const { t, order } = await create();
  const changes = (state: string) => t.metrics.value("changes_total", { service: "test", target: TARGET, state }) ?? 0;
  for (const state of ["reset", "closed", "reset"]) await order({ service: "test", target: TARGET, state });
  expect([changes("closed"), changes("open")]).toEqual([0, 0]);
  for (let i = 0; i < 2; i++) await order({ service: "test", target: TARGET, state: "open" });
  expect([changes("closed"), changes("open")]).toEqual([0, 1]);
  expect(t.metrics.value("state", { service: "test", target: TARGET, state: "open" })).toBe(1);
  expect(t.logs.map(({ message }) => message)).toEqual([
    ...Array.from({ length: 3 }, () => "a circuit stays as it is, by hand"),
    "a circuit has opened",
    "a circuit stays as it is, by hand",
  ]);
  t.clock.advance(86_400_000_000);
  expect([...(t.phases.watch?.avoided() ?? [])]).toEqual([TARGET]);
});

test("the breaker of a whole service is meant without a target", async () => {
  const { t, order } = await create({ scope: "service" });
  await order({ service: "test", state: "open" });
  expect((await t.request()).outcome.errorCode).toBe("circuit_open");
});

test.each([
  ["{", "The body is no JSON"],
  [{ service: "test", target: TARGET }, 'the key "state" is missing'],
  [{ service: "test", target: TARGET, state: "opened" }, "state: expected"],
  [{ service: "test", target: TARGET, state: "open", for: "1h" }, 'unknown key "for"'],
  [{ service: "tset", target: TARGET, state: "open" }, 'There is no service "tset" with a breaker for each target'],
  [{ service: "test", state: "open" }, 'There is no service "test" with one breaker for all its targets'],
  ["x".repeat(5_000), "The body is too large"],
])("%p is refused", async (body, detail) => {
  const { order } = await create();
  const response = await order(body);
  expect(response.status).toBe(400);
  expect(((await response.json()) as { detail: string }).detail).toContain(detail);
});
