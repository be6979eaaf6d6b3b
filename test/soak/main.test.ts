import { expect, test } from "bun:test";
import { join } from "node:path";
import { execPath } from "node:process";

function run(...args: string[]) {
  const { exitCode, stdout, stderr } = Bun.spawnSync([execPath, join(import.meta.dir, "main.ts"), ...args]);
  return { exitCode, out: stdout.toString(), err: stderr.toString() };
}

test("--help says how it is used", () => {
  expect(run("--help")).toEqual({ exitCode: 0, out: expect.stringContaining("--minutes N"), err: "" });
});

test.each([
  { option: "--minutes", value: "0" },
  { option: "--minutes", value: "long" },
  { option: "--seed", value: "1.5" },
  { option: "--hours", value: "1" },
])("$option $value is not understood", ({ option, value }) => {
  expect(run(option, value)).toEqual({ exitCode: 2, out: "", err: expect.stringContaining(option) });
});

test("a load that is too short for a verdict is a problem", () => {
  const { exitCode, out } = run("--minutes", "0.0005");
  expect(out).toContain("problem: the soak was too short to tell growth");
  expect(exitCode).toBe(1);
});
