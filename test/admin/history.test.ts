import { describe, expect, test } from "bun:test";
import { History } from "../../src/history/history.ts";
import { noCounts, ROUTE_BOUNDS } from "../../src/history/sample.ts";
import { startTestAdmin } from "./setup.ts";

describe("/api/history", () => {
  test("answers with what was kept, whole or in part", async () => {
    const history = new History();
    const total = { ...noCounts(ROUTE_BOUNDS), requests: 3 };
    for (const at of [1_000, 2_000]) history.add({ at, seconds: 1, total, routes: new Map(), services: new Map() });
    await using admin = startTestAdmin({}, { history });
    const whole = await admin.get("/api/history");
    expect(whole.headers.get("cache-control")).toBe("no-store");
    expect(await whole.json()).toMatchObject({ stepMs: 1_000, at: [1_000, 2_000], total: { requests: [3, 3] } });
    expect(await (await admin.get("/api/history?since=1000")).json()).toMatchObject({ at: [2_000] });
    expect(await (await admin.get("/api/history?seconds=1")).json()).toMatchObject({ at: [2_000] });
    expect(await (await admin.get("/api/history?step=60")).json()).toMatchObject({ stepMs: 60_000, at: [] });
  });

  test.each(["step=5", "step=", "step=x", "since=-1", "seconds=NaN"])("refuses %s", async (query) => {
    await using admin = startTestAdmin({}, { history: new History() });
    const response = await admin.get(`/api/history?${query}`);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: "bad_request" });
  });
});
