import { describe, expect, test } from "bun:test";
import { briefs } from "./workspace.ts";

/** The problems of a service with these lines. */
function problems(...lines: readonly string[]): Promise<readonly string[]> {
  const own = lines.map((line) => `    ${line}\n`).join("");
  return briefs(`services:
  users:
    targets: ["http://127.0.0.1:4001"]
${own}routes:
  - { path: /users, service: users }
`);
}

describe("health", () => {
  test.each([
    "health: {}",
    "health: { path: /health?deep=1, method: HEAD, headers: { host: a.test, x-check: '1' }, statuses: [200, 3xx] }",
    "health: { body: '^\"?ok', interval: 10ms, failing-interval: 10ms, timeout: 1ms, healthy: 1, unhealthy: 1 }",
    "health: { type: tcp, interval: 5s, timeout: 1s }",
  ])("%s is right", async (line) => {
    expect(await problems(line)).toEqual([]);
  });

  test.each([
    ["path: health", "4:21 services.users.health.path: expected a path that begins with /, without blanks or #"],
    ["statuses: [2x]", "4:26 services.users.health.statuses[0]: expected a status from 200 to 599, or 2xx"],
    ["statuses: [100]", "4:26 services.users.health.statuses[0]: expected"],
    ["intervall: 5s", '4:15 services.users.health.intervall: unknown key "intervall" (did you mean "interval"?)'],
    ["interval: 5", "4:25 services.users.health.interval: expected a duration such as 250ms"],
    ["healthy: 0", "4:24 services.users.health.healthy: expected"],
    ["body: '('", "4:21 services.users.health.body: expected a regular expression: Invalid regular expression"],
    ["body: ok, method: HEAD", "4:21 services.users.health.body: the reply to a HEAD has no body to match"],
    ["headers: { 'x y': a }", '4:33 services.users.health.headers["x y"]: "x y" cannot be the name of a header'],
    ['headers: { x-a: "a\\nb" }', "4:31 services.users.health.headers.x-a: expected a value of visible characters"],
    [
      "headers: { Connection: close }",
      "services.users.health.headers.Connection: Connection is the gateway's own to set",
    ],
    ["interval: 9ms", "4:25 services.users.health.interval: expected at least 10ms between checks"],
    ["failing-interval: 0s", "services.users.health.failing-interval: expected at least 10ms between checks"],
    ["timeout: 0s", "4:24 services.users.health.timeout: a check needs some time"],
    ["type: tcp, path: /health", "services.users.health.path: path has no effect with type: tcp"],
    ["type: tpc", "4:21 services.users.health.type: expected"],
  ])("{ %s } is told with its place", async (keys, expected) => {
    expect(await problems(`health: { ${keys} }`)).toEqual([expect.stringContaining(expected)]);
  });
});

describe("outlier-detection", () => {
  test.each([
    "outlier-detection: {}",
    "outlier-detection: { consecutive-failures: 0, success-rate: false, latency: {}, max-ejected: 100% }",
    "outlier-detection: { success-rate: { minimum-targets: 3, minimum-requests: 10, deviations: 1 } }",
  ])("%s is right", async (line) => {
    expect(await problems(line)).toEqual([]);
  });

  test.each([
    ["consecutive-failure: 3", "outlier-detection.consecutive-failure: unknown key"],
    ["ejection: 0s", "4:36 services.users.outlier-detection.ejection: expected some time"],
    ["max-ejection: 10s", "services.users.outlier-detection.max-ejection: max-ejection is shorter than ejection"],
    ["max-ejected: 101%", "services.users.outlier-detection.max-ejected: expected at most 100%"],
    ["max-ejected: 0.1", "services.users.outlier-detection.max-ejected: expected a share such as 20%"],
    ["interval: 1ms", "services.users.outlier-detection.interval: expected at least 10ms between comparisons"],
    ["success-rate: true", "services.users.outlier-detection.success-rate: expected a map, or false"],
    ["latency: { factor: 0.5 }", "services.users.outlier-detection.latency.factor: expected"],
  ])("{ %s } is told with its place", async (keys, expected) => {
    expect(await problems(`outlier-detection: { ${keys} }`)).toEqual([expect.stringContaining(expected)]);
  });
});

test.each([
  ["panic-threshold: 200%", "4:22 services.users.panic-threshold: expected at most 100%"],
  ["slow-start: soon", "4:17 services.users.slow-start: expected a duration such as 250ms"],
])("%s is told with its place", async (line, expected) => {
  expect(await problems(line)).toEqual([expect.stringContaining(expected)]);
});
