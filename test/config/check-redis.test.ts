import { describe, expect, test } from "bun:test";
import { parseHostPort, parseRedisUrl } from "../../src/config/redis-url.ts";
import { formatProblems } from "../../src/config/report.ts";
import { briefs, load, problemsOf } from "./workspace.ts";

const ROUTES = "routes: [{ path: /, plugins: { respond: { status: 204 } } }]\n";
const redis = (text: string) => briefs(`redis: ${text}\n${ROUTES}`);

describe("the section redis", () => {
  test.each([
    "{}",
    '{ url: "" }',
    "{ url: redis://localhost }",
    "{ url: 'rediss://gate:p%40ss@[::1]:6380/3', command-timeout: 50ms }",
    "{ cluster: ['a:7000', b] }",
    "{ sentinel: { master: main, nodes: [a] }, username: u, password: p, database: 2 }",
  ])("takes %s", async (text) => {
    expect(await redis(text)).toEqual([]);
  });

  test("may be empty until a variable is set", async () => {
    const { ok } = await load({ "gateway.yaml": 'redis: { url: "${REDIS_URL:-}" }\n' });
    expect(ok).toBe(true);
  });

  test("leads to the store in one way", async () => {
    expect(await redis("{ url: redis://a, cluster: [a], sentinel: { master: m, nodes: [a] } }")).toEqual([
      "1:35 redis.cluster: redis has url already: one of url, cluster and sentinel leads to it",
    ]);
    expect(await redis("{ cluster: [a], database: 1 }")).toEqual([
      expect.stringContaining("redis.database: a Cluster has no databases but 0"),
    ]);
  });

  test.each([
    ["{ url: localhost:6379 }", "redis.url: expected redis://host:port"],
    ["{ url: http://localhost }", "redis.url: expected redis://host:port"],
    ["{ url: redis://localhost:0 }", "the host or the port is not valid"],
    ["{ url: redis://localhost:99999 }", "the host or the port is not valid"],
    ["{ url: redis:// }", "the host or the port is not valid"],
    ["{ url: redis://localhost/x }", "only the number of a database"],
    ["{ url: redis://localhost/1?a=b }", "only the number of a database"],
    ["{ url: redis://%zz:p@localhost }", "percent-encoded"],
    ["{ cluster: ['redis://a'] }", 'redis.cluster[0]: expected host:port, found "redis://a"'],
    ["{ cluster: [] }", "redis.cluster"],
    ["{ sentinel: { master: m, nodes: ['a:x'] } }", 'redis.sentinel.nodes[0]: expected host:port, found "a:x"'],
    ["{ sentinel: { nodes: [a] } }", "redis.sentinel"],
    ["{ username: u }", "redis.username: a user needs a password"],
    ["{ key-prefix: 'a{}b' }", "redis.key-prefix"],
    ["{ command-timeout: 0ms }", "redis.command-timeout: nothing can be done in no time"],
    ["{ urll: redis://a }", 'unknown key "urll"'],
    ["{ tls: { ca: ./none.pem } }", "redis.tls.ca"],
  ])("refuses %s", async (text, expected) => {
    expect(await redis(text)).toEqual([expect.stringContaining(expected)]);
  });

  test("never shows a password", async () => {
    const texts = [
      "redis: { url: 'redis://gate:hunter2@:6379' }\n",
      "redis: { url: 'redis://gate:hunter2@a/b' }\n",
      "redis: { cluster: ['gate:hunter2@a:1'] }\n",
    ];
    for (const text of texts) {
      const problems = await problemsOf(`${text}${ROUTES}`);
      expect(problems).toHaveLength(1);
      expect(formatProblems(problems, false)).not.toContain("hunter2");
    }
    const fromVariable = await problemsOf(`redis: { url: "\${REDIS_URL}" }\n${ROUTES}`, { REDIS_URL: "hunter2" });
    expect(formatProblems(fromVariable, false)).not.toContain("hunter2");
  });
});

test("a url is read as Redis's own tools read it", () => {
  expect(parseRedisUrl("redis://localhost")).toEqual({ host: "localhost", port: 6379, isTls: false });
  expect(parseRedisUrl("rediss://u:p%2F%40@[::1]:1/7")).toEqual({
    host: "::1",
    port: 1,
    isTls: true,
    username: "u",
    password: "p/@",
    database: 7,
  });
  expect(parseRedisUrl("redis://:p@a")).toEqual({ host: "a", port: 6379, isTls: false, password: "p" });
  expect(parseHostPort("[::1]:7000", 1)).toEqual({ host: "::1", port: 7000 });
  expect(parseHostPort("::1", 1)).toBeUndefined();
});
