import { expect, test } from "bun:test";
import { parseCounts, parseShares } from "./profile.ts";

test("counts of perf stat, by event", () => {
  const printed = "1200;;raw_syscalls:sys_enter;100;100.00;;\n30;;syscalls:sys_enter_futex;100;100.00;;\n\n";
  expect(parseCounts(printed)).toEqual(
    new Map([
      ["raw_syscalls:sys_enter", 1_200],
      ["syscalls:sys_enter_futex", 30],
    ]),
  );
});

test("shares of perf report, of one percent or more", () => {
  const printed = "    61.26%  [kernel.kallsyms]  \n     9.70%  perf-42.map\n     0.31%  libc.so.6\n\n";
  expect(parseShares(printed)).toEqual([" 61 % [kernel.kallsyms]", " 10 % perf-42.map"]);
});
