import { describe, expect, test } from "bun:test";
import { parseMoment } from "../../src/config/moment.ts";
import { briefs } from "./workspace.ts";

const problemsOf = (...values: readonly string[]) =>
  briefs(
    `services:\n  users: { targets: ['http://127.0.0.1:4001'] }\nroutes:\n${values
      .map((value, i) => `  - { path: /${i}, service: users, deprecated: ${value} }\n`)
      .join("")}`,
  );

describe("deprecated", () => {
  test("is true, or says more", async () => {
    expect(
      await problemsOf(
        "true",
        "false",
        "{ since: 2026-01-01 }",
        "{ since: 2026-01-01, sunset: 2026-01-01 }",
        "{ sunset: 2026-12-31T12:00:00Z, link: /docs/new }",
        "{ sunset: 2024-02-29, link: 'https://example.com/a?b=c&d' }",
      ),
    ).toEqual([]);
  });

  test("has dates that there are, in their order, and a link that can be a header", async () => {
    expect(
      await problemsOf(
        "yes",
        "{}",
        "{ since: 1.1.2026 }",
        "{ since: 2026-02-30 }",
        "{ sunset: 2026-01-01T24:30:00Z }",
        "{ since: 2026-01-02, sunset: 2026-01-01 }",
        "{ link: example.com }",
        "{ link: 'https://example.com/>; rel=\"evil' }",
        "{ sunsett: 2026-01-01 }",
      ),
    ).toEqual([
      '4:45 routes[0].deprecated: expected true, or a map of since, sunset and link, found "yes"',
      "5:45 routes[1].deprecated: expected at least 1 keys, found 0",
      '6:54 routes[2].deprecated.since: expected a date such as 2026-12-31, or a moment such as 2026-12-31T12:00:00Z, found "1.1.2026"',
      "7:54 routes[3].deprecated.since: there is no such date",
      "8:55 routes[4].deprecated.sunset: there is no such date",
      "9:74 routes[5].deprecated.sunset: it would go away before it is deprecated",
      '10:53 routes[6].deprecated.link: expected a URL, or a path that begins with /, found "example.com"',
      '11:53 routes[7].deprecated.link: expected a URL, or a path that begins with /, found "https://example.com/>; rel=\\"evil"',
      '12:47 routes[8].deprecated.sunsett: unknown key "sunsett" (did you mean "sunset"?)',
    ]);
  });
});

test.each([
  ["2026-12-31", Date.UTC(2026, 11, 31)],
  ["2026-12-31T12:30Z", Date.UTC(2026, 11, 31, 12, 30)],
  ["2026-12-31T12:30:05Z", Date.UTC(2026, 11, 31, 12, 30, 5)],
  ["2024-02-29", Date.UTC(2024, 1, 29)],
  ["2026-02-29", undefined],
  ["2026-13-01", undefined],
  ["2026-01-01T25:00Z", undefined],
  ["2026-01-01T24:00Z", undefined],
  ["2026-1-1", undefined],
  ["2026-12-31T12:30", undefined],
  ["2026-12-31T12:30+01:00", undefined],
  ["2026-12-31\n", undefined],
])("%j is the moment %p", (text, ms) => {
  expect(parseMoment(text)).toBe(ms);
});
