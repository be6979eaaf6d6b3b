import { describe, expect, test } from "bun:test";
import plugin from "../../../plugins/quota/index.ts";
import { calendar } from "../../../plugins/quota/period.ts";
import { type PluginTest, type TestRequest, testPlugin } from "../../../src/testing.ts";

const DAY = 86_400_000;

const as = (id: string, claims: Record<string, unknown> = {}): TestRequest => ({
  principal: { id, source: "jwt", scopes: [], claims },
});

async function passes(t: PluginTest, count: number, request: TestRequest = {}): Promise<number> {
  let passed = 0;
  for (let i = 0; i < count; i++) if ((await t.request(request)).reply.status === 200) passed++;
  return passed;
}

/** What GET /api/usage answers. */
async function usage(t: PluginTest, query = ""): Promise<{ status: number; body: unknown }> {
  const response = await t.admin.handle(new Request(`http://admin/usage${query}`));
  return { status: response.status, body: await response.json() };
}

describe("a quota", () => {
  test("of a day is there again when the next begins", async () => {
    const t = await testPlugin(plugin, { day: 3 });
    t.clock.advance(DAY / 2);
    const { reply } = await t.request(as("a"));
    expect(reply.headers.get("x-quota-limit")).toBe("3");
    expect(reply.headers.get("x-quota-remaining")).toBe("2");
    expect(reply.headers.get("x-quota-reset")).toBe("43200");
    expect(await passes(t, 5, as("a"))).toBe(2);
    const refused = await t.request(as("a"));
    expect(refused.reply.status).toBe(429);
    expect(refused.reply.headers.get("retry-after")).toBe("43200");
    expect(refused.reply.headers.get("x-quota-remaining")).toBe("0");
    expect(await refused.reply.body.json(1_000)).toMatchObject({
      code: "rate_limited",
      detail: "The quota of the day is used up",
    });
    expect(await passes(t, 1, as("b"))).toBe(1);
    t.clock.advance(DAY / 2 - 1);
    expect(await passes(t, 1, as("a"))).toBe(0);
    t.clock.advance(1);
    expect(await passes(t, 5, as("a"))).toBe(3);
    expect(t.metrics.value("requests_total", { route: "test", decision: "refused" })).toBe(7);
  });

  test("of day and month holds both, and what is refused uses up neither", async () => {
    const t = await testPlugin(plugin, { day: 3, month: 5 });
    expect(await passes(t, 4, as("a"))).toBe(3);
    t.clock.advance(DAY);
    expect(await passes(t, 4, as("a"))).toBe(2);
    const { reply } = await t.request(as("a"));
    // January of 2030 has 30 more days.
    expect(reply.headers.get("retry-after")).toBe(String(30 * 86_400));
    expect((await usage(t, "?period=day")).body).toMatchObject({ quotas: [{ usage: [{ used: 2 }] }] });
    expect((await usage(t)).body).toMatchObject({ quotas: [{ usage: [{ used: 5 }] }] });
    t.clock.advance(30 * DAY);
    expect(await passes(t, 4, as("a"))).toBe(3);
    const refusals = (period: string) => t.metrics.value("refusals_total", { route: "test", period });
    expect([refusals("day"), refusals("month")]).toEqual([2, 3]);
  });

  test("of a tier, of a route's cost, and of none", async () => {
    const t = await testPlugin(plugin, { day: 4, cost: 2, tiers: { pro: { day: 6 }, staff: false } });
    expect(await passes(t, 5, as("a"))).toBe(2);
    expect(await passes(t, 5, as("b", { tier: "pro" }))).toBe(3);
    expect(await passes(t, 5, as("c", { tier: "staff" }))).toBe(5);
    expect((await t.request(as("c", { tier: "staff" }))).reply.headers.has("x-quota-limit")).toBe(false);
  });

  test("is counted on by the next configuration, and exactly among many at once", async () => {
    const t = await testPlugin(plugin, { month: 10, headers: false });
    expect(Object.keys(t.phases)).toEqual(["limit", "explain"]);
    const all = await Promise.all(Array.from({ length: 64 }, () => t.request(as("a"))));
    expect(all.filter(({ reply }) => reply.status === 200)).toHaveLength(10);
    expect(await passes(await t.again({ month: 12 }), 5, as("a"))).toBe(2);
  });
});

describe("usage", () => {
  test("is told by key, in pages, for this period and those before", async () => {
    const t = await testPlugin(plugin, { day: 10, month: 100, timezone: "Europe/Berlin" });
    for (const [id, count] of [
      ["a", 3],
      ["b:c", 1],
      ["d", 2],
    ] as const)
      await passes(t, count, as(id));
    const first = { quota: "route test", key: "principal", timezone: "Europe/Berlin", period: "2030-01-01", keys: 3 };
    expect((await usage(t, "?period=day&limit=2")).body).toEqual({
      quotas: [
        {
          ...first,
          limit: 10,
          resetsAt: "2030-01-01T23:00:00.000Z",
          usage: [
            { key: "principal:jwt:a", used: 3 },
            { key: "principal:jwt:b%3Ac", used: 1 },
          ],
        },
      ],
    });
    expect((await usage(t, "?period=day&limit=2&offset=2")).body).toMatchObject({
      quotas: [{ usage: [{ key: "principal:jwt:d", used: 2 }] }],
    });
    t.clock.advance(DAY);
    expect((await usage(t, "?period=day")).body).toMatchObject({ quotas: [{ keys: 0, usage: [] }] });
    expect((await usage(t, "?period=day&at=2030-01-01")).body).toMatchObject({ quotas: [first] });
    expect((await usage(t, "?key=principal:jwt:a")).body).toMatchObject({
      quotas: [{ period: "2030-01", limit: 100, usage: [{ key: "principal:jwt:a", used: 3 }] }],
    });
    expect((await usage(t, "?quota=other")).body).toEqual({ quotas: [] });
  });

  test.each([
    ["?period=year", "period: expected day or month"],
    ["?at=yesterday", "at: expected a month such as 2026-11"],
    ["?limit=5000", "limit: expected a whole number of at most 1000"],
    ["?offset=-1", "offset: expected a whole number"],
  ])("asked for with %s is refused", async (query, detail) => {
    const { status, body } = await usage(await testPlugin(plugin, { day: 1 }), query);
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: "bad_request", detail: expect.stringContaining(detail) });
  });

  test("of a quota that is gone is told no more", async () => {
    const t = await testPlugin(plugin, { day: 1 });
    const next = await t.again({ day: 2 });
    await t.close();
    expect((await usage(next, "?period=day")).body).toMatchObject({ quotas: [{ limit: 2 }] });
    await next.close();
    expect((await usage(next)).body).toEqual({ quotas: [] });
  });
});

describe("a calendar", () => {
  const at = (timezone: string, iso: string, kind: "day" | "month") => {
    const { label, endsAtMs } = calendar(timezone)(kind, Date.parse(iso));
    return [label, new Date(endsAtMs).toISOString()];
  };

  test.each<[string, string, "day" | "month", string, string]>([
    ["UTC", "2026-11-25T12:00:00Z", "day", "2026-11-25", "2026-11-26T00:00:00.000Z"],
    ["UTC", "2028-02-29T23:59:59.999Z", "month", "2028-02", "2028-03-01T00:00:00.000Z"],
    ["Europe/Berlin", "2026-11-25T23:30:00Z", "day", "2026-11-26", "2026-11-26T23:00:00.000Z"],
    // 23 and 25 hours long.
    ["Europe/Berlin", "2026-03-28T23:00:00Z", "day", "2026-03-29", "2026-03-29T22:00:00.000Z"],
    ["Europe/Berlin", "2026-10-24T22:00:00Z", "day", "2026-10-25", "2026-10-25T23:00:00.000Z"],
    ["Asia/Kathmandu", "2026-12-31T18:15:00Z", "month", "2027-01", "2027-01-31T18:15:00.000Z"],
    // Clocks are put forward at midnight: the day begins at one.
    ["Africa/Cairo", "2026-04-23T21:00:00Z", "day", "2026-04-23", "2026-04-23T22:00:00.000Z"],
  ])("in %s at %s has the %s %s", (timezone, iso, kind, label, end) => {
    expect(at(timezone, iso, kind)).toEqual([label, end]);
  });

  test("follows a clock that is put back", () => {
    const periodAt = calendar("UTC");
    const day = Date.UTC(2026, 0, 2);
    expect([day, day - 1, day + 1].map((ms) => periodAt("day", ms).label)).toEqual([
      "2026-01-02",
      "2026-01-01",
      "2026-01-02",
    ]);
  });
});

test.each([
  [{}, "day: say how much may be used"],
  [{ day: 5, timezone: "Mars/Base" }, 'timezone: expected a time zone such as UTC or Europe/Berlin, found "Mars/Base"'],
  [{ month: 5, cost: 6 }, "cost: a request that costs 6 would never pass a month of 5"],
  [{ day: 5, tiers: { pro: { week: 1 } } }, "tiers.pro"],
])("%p is refused", async (options, message) => {
  await expect(testPlugin(plugin, options)).rejects.toThrow(message);
});
