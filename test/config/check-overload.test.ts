import { expect, test } from "bun:test";
import { loadConfig } from "../../src/config/load.ts";
import { formatProblem } from "../../src/config/report.ts";
import { createRegistry } from "../../src/registry/registry.ts";
import { tempFolder } from "../support/temp.ts";

const registry = await createRegistry(new URL("../../plugins", import.meta.url).pathname);

async function problemsOf(overload: string, priority = "low"): Promise<readonly string[]> {
  using folder = tempFolder();
  const file = folder.write(
    "gateway.yaml",
    `overload: ${overload}\nroutes: [{ path: /*, priority: ${priority}, plugins: { respond: {} } }]\n`,
  );
  const { problems } = await loadConfig(file, { env: {}, plugins: registry });
  return problems.map((problem) => formatProblem(problem, false));
}

test("bounds that make sense are taken", async () => {
  expect(await problemsOf("{ loop-lag: 200ms, memory: 1gb, hold: 5s }", "critical")).toEqual([]);
  expect(await problemsOf("{ loop-lag: 0s, memory: 0b }")).toEqual([]);
});

test.each([
  ["{ loop-lag: 5ms }", "1:23", "an idle process is so late, too"],
  ["{ memory: 10mb }", "1:21", "an idle process has so much, too"],
  ["{ hold: 10ms }", "1:19", "expected at least 100ms"],
  ["{ loop-lg: 1s }", "1:13", "loop-lag"],
])("overload: %s is a problem at its place", async (overload, place, text) => {
  const problems = await problemsOf(overload);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain(`gateway.yaml:${place}`);
  expect(problems[0]).toContain(text);
});

test("an unknown priority is a problem that names those that there are", async () => {
  const [problem = ""] = await problemsOf("{}", "lo");
  expect(problem).toContain("gateway.yaml:2:32");
  expect(problem).toContain("expected low, normal, high or critical");
});
