import { expect, test } from "bun:test";
import { dirname, join } from "node:path";

const MAIN = join(import.meta.dir, "../../src/main.ts");
const transpiler = new Bun.Transpiler({ loader: "ts" });

/** The packages that a program loads as it starts: what it imports later, if at all, is not followed. */
async function loadedBy(entry: string): Promise<ReadonlySet<string>> {
  const packages = new Set<string>();
  const seen = new Set<string>();
  const waiting = [entry];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (seen.has(file) || !file.endsWith(".ts")) continue;
    seen.add(file);
    for (const { path, kind } of transpiler.scanImports((await Bun.file(file).text()).replace(/^#!.*/, ""))) {
      if (kind !== "import-statement") continue;
      if (path.startsWith(".")) waiting.push(join(dirname(file), path));
      else packages.add(path);
    }
  }
  return packages;
}

test("a gateway without telemetry loads nothing of OpenTelemetry", async () => {
  const packages = [...(await loadedBy(MAIN))];
  expect(packages).toContain("elysia");
  expect(packages.filter((name) => name.startsWith("@opentelemetry/"))).toEqual([]);
  expect([...(await loadedBy(join(dirname(MAIN), "trace/start.ts")))]).toContain("@opentelemetry/sdk-trace");
});
