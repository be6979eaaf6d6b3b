import { expect, test } from "bun:test";
import { fakeBun, machine } from "./machine.ts";

/** What .ci/run makes of checks that end with this code, and tests that print this and end with that. */
async function runWith(given: { checks?: number; prints: string; code: number }) {
  using box = machine();
  box.program("bun", `${fakeBun("1.4.5")}; case "$*" in "run check") exit ${given.checks ?? 0};; esac`);
  box.program("npm", `cat "$HOME/prints"; exit ${given.code}`);
  box.write("prints", given.prints);
  const { code, out } = await box.run("run");
  expect(box.calls()).toContain("npm test");
  return { code, out, last: out.trimEnd().split("\n").at(-1) };
}

test("all passed", async () => {
  const prints = "(pass) a\n\n 12 pass\n 0 fail\n 30 expect() calls\nRan 12 tests across 2 files. [6.00ms]\n";
  const { code, out, last } = await runWith({ prints, code: 0 });
  expect({ code, last }).toEqual({ code: 0, last: "12 passed, 0 failed" });
  expect(out).toContain("(pass) a\n");
});

test("two runs of the runner are added", async () => {
  const first = " 12 pass\n 0 fail\nRan 12 tests across 2 files. [6.00ms]\n";
  const second = " 3 pass\n 1 fail\n 1 error\nRan 4 tests across 2 files. [6.00ms]\n";
  expect((await runWith({ prints: first + first, code: 0 })).last).toBe("24 passed, 0 failed");
  expect((await runWith({ prints: first + second, code: 1 })).last).toBe("15 passed, 1 failed");
  expect((await runWith({ prints: second + first, code: 1 })).last).toBe("15 passed, 1 failed");
});

test("what failed is told again at the end, with its file and its error", async () => {
  const noise = Array.from({ length: 50 }, (_, i) => `noise ${i}\n`).join("");
  const prints = `test/a.test.ts:\n(pass) one\n${noise}error: no\n(fail) two\n(pass) three\n 2 pass\n 1 fail\nRan 3 tests across 1 files.\n`;
  const { out, last } = await runWith({ prints, code: 1 });
  const told = out.slice(out.indexOf("Ran 3 tests"));
  expect(told).toStartWith("Ran 3 tests across 1 files.\n\nfailed: test/a.test.ts:\nnoise 12\n");
  expect(told).toEndWith("noise 49\nerror: no\n(fail) two\n2 passed, 1 failed\n");
  expect(last).toBe("2 passed, 1 failed");
});

test.each([
  { what: "a failure", prints: " 3 pass\n 2 fail\n", code: 1, last: "3 passed, 2 failed" },
  { what: "a file that does not load", prints: " 3 pass\n 1 fail\n 1 error\n", code: 1, last: "3 passed, 1 failed" },
  { what: "errors outside of tests", prints: " 3 pass\n 0 fail\n 2 errors\n", code: 1, last: "3 passed, 2 failed" },
  { what: "a runner that fails all the same", prints: " 3 pass\n 0 fail\n", code: 9, last: "3 passed, 1 failed" },
  { what: "a runner that ends early", prints: "(pass) a\n", code: 0, last: "0 passed, 0 failed" },
  { what: "no test", prints: "No tests found!\n", code: 1, last: "0 passed, 1 failed" },
  { what: "failed checks", checks: 1, prints: " 3 pass\n 0 fail\n", code: 0, last: "3 passed, 1 failed" },
  {
    what: "text like a summary before it",
    prints: " 99 pass\n 3 pass\n 2 fail\n",
    code: 1,
    last: "3 passed, 2 failed",
  },
])("$what fails", async ({ what: _, last, ...given }) => {
  const result = await runWith(given);
  expect(result.last).toBe(last);
  expect(result.code).not.toBe(0);
});
