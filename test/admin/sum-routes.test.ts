import { expect, test } from "bun:test";
import { sumRoutes } from "../../src/admin/sum-routes.ts";
import type { RouteView } from "../../src/admin/view.ts";
import type { CanaryReport } from "../../src/traffic/canary-report.ts";

const route = (name: string, canary?: Partial<CanaryReport>): RouteView => ({
  name,
  path: `/${name}`,
  services: [],
  plugins: [],
  ...(canary !== undefined && {
    canary: { service: "next", state: "running", share: 0.5, step: 1, steps: 2, startedAt: "", since: "", ...canary },
  }),
});

test("of a canary, what one worker has stopped is told, or else what is behind", () => {
  const first = [route("a"), route("b", { step: 2 }), route("c", { step: 1 }), route("d", { state: "stopped" })];
  const second = [route("a"), route("b", { step: 1 }), route("c", { state: "stopped" }), route("d", { step: 1 })];
  const sum = sumRoutes(first, [first, second]);
  expect(sum.map(({ name, canary }) => [name, canary?.state, canary?.step])).toEqual([
    ["a", undefined, undefined],
    ["b", "running", 1],
    ["c", "stopped", 1],
    ["d", "stopped", 1],
  ]);
  expect(sumRoutes(first, [second, first])).toEqual(sum);
});

test("while no worker answers nothing is told of a canary", () => {
  expect(sumRoutes([route("a", { step: 2 })], [])).toEqual([route("a")]);
});
