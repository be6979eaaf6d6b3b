import { describe, expect, test } from "bun:test";
import { below } from "../../src/config/key-path.ts";
import { fileProblem, problemAt } from "../../src/config/problem.ts";
import { countProblems, formatProblem, formatProblems } from "../../src/config/report.ts";
import { createSource } from "../../src/config/source.ts";

const text = 'routes:\n  - path: /users\n\tservice: usres\n\u001b[31mx: "1"\n';
const source = createSource("gateway.yaml", "/gateway.yaml", text);
const path = below(undefined, "routes", 0, "service");
const problem = problemAt({ source, offset: text.indexOf("usres") }, path, 'found "usres"', 'did you mean "users"?');

describe("formatProblem", () => {
  test("is the place, the line with a caret below it, and the hint", () => {
    expect(formatProblem(problem, false)).toBe(
      [
        'gateway.yaml:3:11 error routes[0].service: found "usres"',
        "    3 | \tservice: usres",
        "      | \t         ^",
        '      did you mean "users"?',
        "",
      ].join("\n"),
    );
  });

  test("has colours only when it is told to", () => {
    expect(formatProblem(problem, false)).not.toContain("\u001b");
    expect(formatProblem(problem, true)).toContain("\u001b[31merror\u001b[0m");
    expect(formatProblem({ ...problem, severity: "warning" }, true)).toContain("\u001b[33mwarning\u001b[0m");
  });

  test("keeps control characters of the file from the terminal", () => {
    const hostile = problemAt({ source, offset: text.indexOf("x:") }, undefined, "bad\u0007 \u001b[2J");
    for (const char of ["\u0007", "\u001b"]) expect(formatProblem(hostile, false)).not.toContain(char);
    expect(formatProblem(hostile, true)).not.toContain("\u001b[2J");
  });

  test("shows the part of a long line that matters", () => {
    const long = createSource("a.yaml", "/a.yaml", `${"x".repeat(5_000)}HERE${"y".repeat(5_000)}`);
    const lines = formatProblem(problemAt({ source: long, offset: 5_000 }, undefined, "m"), false).split("\n");
    const [, quoted = "", caret = ""] = lines;
    expect(quoted.length).toBeLessThan(130);
    expect(quoted.slice(caret.indexOf("^"))).toStartWith("HERE");
  });

  test("is one line for a file as a whole", () => {
    expect(formatProblem(fileProblem("nope.yaml", "cannot be read"), false)).toBe("nope.yaml: error cannot be read\n");
  });

  test("points behind the last line where the file ends too early", () => {
    const short = createSource("a.yaml", "/a.yaml", "a: [\n");
    expect(formatProblem(problemAt({ source: short, offset: 5 }, undefined, "m"), false)).toStartWith(
      "a.yaml:2:1 error m\n",
    );
  });
});

test("formatProblems leaves a blank line between two", () => {
  const one = formatProblem(problem, false);
  expect(formatProblems([problem, problem], false)).toBe(`${one}\n${one}`);
});

test("countProblems counts in words", () => {
  const warning = { ...problem, severity: "warning" as const };
  expect(countProblems([problem])).toBe("1 error");
  expect(countProblems([warning, warning])).toBe("2 warnings");
  expect(countProblems([problem, problem, warning])).toBe("2 errors and 1 warning");
});
