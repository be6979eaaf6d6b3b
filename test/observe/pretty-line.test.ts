import { describe, expect, test } from "bun:test";
import { createLogger } from "../../src/observe/log.ts";
import type { Logger } from "../../src/observe/logger.ts";
import { prettyLine } from "../../src/observe/pretty-line.ts";

/** What a logger of that format writes. */
function written(format: "json" | "pretty", work: (log: Logger) => void): readonly string[] {
  const lines: string[] = [];
  work(
    createLogger({
      level: "debug",
      format,
      redact: [],
      write: (line) => lines.push(line),
      now: () => 1_700_000_000_123,
    }),
  );
  return lines;
}

describe("a JSON line in the form for people", () => {
  test("is what a logger of that form would have written", () => {
    const work = (log: Logger) => {
      log.info("listening", { scheme: "http", port: 8080, isOpen: true, none: null });
      log.warn('a "quoted"\nmessage', {
        text: "with spaces",
        plain: "a/b:c",
        empty: "",
        list: [1, "x"],
        deep: { a: { b: 1 } },
      });
      log.error("it broke", { error: new Error("no\u202e", { cause: new TypeError("because") }), "odd name": 1 });
      log.with({ plugin: "p" }).debug("no fields");
    };
    const lines = written("json", work);
    expect(lines).toHaveLength(4);
    // Errors tell where they were made, each time elsewhere.
    const withoutStack = (line: string) => line.replace(/"stack":\[.*?\]/, "");
    expect(lines.map(prettyLine).map(withoutStack)).toEqual(written("pretty", work).map(withoutStack));
  });

  test.each(["plain text\n", "{not json\n", "[1]\n", '{"a":1}\n', '{"time":"x","level":"loud","msg":"y"}\n', "\n", ""])(
    "%j is none, and stays as it is",
    (line) => {
      expect(prettyLine(line)).toBe(line);
    },
  );
});
