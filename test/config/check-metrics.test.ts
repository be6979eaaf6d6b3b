import { expect, test } from "bun:test";
import { loadConfig } from "../../src/config/load.ts";
import { formatProblem } from "../../src/config/report.ts";
import { createRegistry } from "../../src/registry/registry.ts";
import { tempFolder } from "../support/temp.ts";

const registry = await createRegistry(new URL("../../plugins", import.meta.url).pathname);

async function load(metrics: string) {
  using folder = tempFolder();
  const text = `metrics: ${metrics}\nroutes: [{ path: /*, plugins: { respond: {} } }]\n`;
  return await loadConfig(folder.write("gateway.yaml", text), { env: {}, plugins: registry });
}

test.each([
  ["{}", "/metrics"],
  ["{ path: /prometheus }", "/prometheus"],
  ["{ path: /internal/metrics.txt }", "/internal/metrics.txt"],
  ["{ path: /apis }", "/apis"],
])("metrics: %s are at %s", async (metrics, path) => {
  const result = await load(metrics);
  expect(result.problems).toEqual([]);
  expect(result.ok && result.config.metrics.path).toBe(path);
});

test.each([
  "metrics",
  "/",
  "/a/",
  "//a",
  "/a?b",
  "/:a",
  "/*",
  "/../a",
  "/%2e",
  "/api",
  "/api/metrics",
  "/health/live",
  "/dashboard/x",
])("metrics: { path: %s } is a problem at its place", async (path) => {
  const problems = (await load(`{ path: "${path}" }`)).problems.map((problem) => formatProblem(problem, false));
  expect(problems[0]).toContain("gateway.yaml:1:18 error metrics.path: expected a path such as /metrics");
});

test("a misspelled key is told with the right one", async () => {
  const [problem] = (await load("{ paht: /metrics }")).problems.map((one) => formatProblem(one, false));
  expect(problem).toContain("path");
  expect(problem).toContain("1:12");
});
