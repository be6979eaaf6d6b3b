import { expect, test } from "bun:test";
import plugin from "../../../plugins/rate-limit/index.ts";
import { testPlugin } from "../../../src/testing.ts";

test("refusals are counted by the name of each limit that was full", async () => {
  const t = await testPlugin(plugin, { limits: ["4/h", { limit: 2, window: "1h", key: "principal" }] });
  /** How many of three requests pass. */
  const passes = async (id: string) => {
    let passed = 0;
    for (let i = 0; i < 3; i++) {
      const { reply } = await t.request({ principal: { id, source: "jwt", scopes: [], claims: {} } });
      if (reply.status === 200) passed++;
    }
    return passed;
  };
  const refusals = () =>
    ["ip/1h", "principal/1h"].map((policy) => t.metrics.value("refusals_total", { route: "test", policy }));
  expect(await passes("a")).toBe(2);
  expect(refusals()).toEqual([undefined, 1]);
  // Both are full now.
  expect(await passes("b")).toBe(2);
  expect(refusals()).toEqual([1, 2]);
  expect(await passes("c")).toBe(0);
  expect(refusals()).toEqual([4, 2]);
});
