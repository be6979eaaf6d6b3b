import { describe, expect, test } from "bun:test";
import accessLog from "../../plugins/access-log.ts";
import { GatewayError, type Outcome, Reply } from "../../src/plugin.ts";
import { type PluginTest, type TestRequest, testPlugin } from "../../src/testing.ts";

const OUTCOME: Outcome = {
  status: 200,
  bytesIn: 3,
  bytesOut: 5,
  durationMs: 12.3456,
  upstreamMs: 10.006,
  attempts: 1,
  errorCode: undefined,
  errorSource: undefined,
};

/** The line for a request that ended so; undefined if there is none. */
function lineFor(t: PluginTest, outcome: Partial<Outcome> = {}, request: TestRequest = {}) {
  const before = t.logs.length;
  t.phases.log?.(t.context(request), { ...OUTCOME, ...outcome });
  expect(t.logs.length - before).toBeLessThan(2);
  return t.logs[before];
}

test("one line a request, with all that is known of it", async () => {
  const t = await testPlugin(accessLog);
  const { ctx, logs } = await t.request({ method: "POST", path: "/users?token=secret", body: "abc" });
  expect(logs).toHaveLength(1);
  const [line] = logs;
  expect(line).toMatchObject({ level: "info", message: "request" });
  const { durationMs, upstreamMs, ...fields } = line?.fields ?? {};
  expect(fields).toEqual({
    plugin: "access-log",
    requestId: ctx.requestId,
    method: "POST",
    path: "/users",
    query: undefined,
    route: "test",
    service: "test",
    target: "http://upstream.test",
    status: 200,
    bytesIn: 3,
    bytesOut: 2,
    attempts: 1,
    errorCode: undefined,
    errorSource: undefined,
    error: undefined,
    client: "192.0.2.1",
    requestHeaders: undefined,
    replyHeaders: undefined,
  });
  expect(durationMs).toBeNumber();
  expect(upstreamMs).toBeNumber();
});

test("times are told to a hundredth of a millisecond; without an attempt there is no upstream time", async () => {
  const t = await testPlugin(accessLog);
  expect(lineFor(t)?.fields).toMatchObject({ durationMs: 12.35, upstreamMs: 10.01 });
  expect(lineFor(t, { upstreamMs: undefined, attempts: 0 })?.fields).toMatchObject({ upstreamMs: undefined });
});

test("without a route the line has none", async () => {
  const t = await testPlugin(accessLog, {}, { route: undefined, service: undefined });
  expect(lineFor(t, { status: 404 })?.fields).toMatchObject({ route: undefined, service: undefined, status: 404 });
});

describe("level", () => {
  test.each([
    ["info", { status: 404, errorCode: "route_not_found", errorSource: "downstream" }],
    ["info", { status: 501, errorCode: "not_implemented", errorSource: "downstream" }],
    ["info", { status: 499, errorCode: "client_closed", errorSource: "downstream" }],
    ["info", { status: 404 }],
    ["error", { status: 500 }],
    ["error", { status: 502, errorCode: "upstream_reset", errorSource: "upstream" }],
    ["error", { status: 200, errorCode: "upstream_reset", errorSource: "upstream" }],
    ["error", { status: 500, errorCode: "internal", errorSource: "internal" }],
  ] as const)("%s for %j", async (level, outcome) => {
    expect(lineFor(await testPlugin(accessLog), outcome)?.level).toBe(level);
  });

  test("slow requests are warnings, from the threshold on; failures stay errors", async () => {
    const t = await testPlugin(accessLog, { slow: "1s" });
    expect(lineFor(t, { durationMs: 999 })?.level).toBe("info");
    expect(lineFor(t, { durationMs: 1_000 })?.level).toBe("warn");
    expect(lineFor(t, { durationMs: 1_000, status: 503 })?.level).toBe("error");
  });
});

test("a failure's error is in the line, cause and all; a refusal's is its code alone", async () => {
  const t = await testPlugin(accessLog);
  const cause = new Error("10.0.0.7 hung up");
  const failed = await t.request({}, () => {
    throw new GatewayError("upstream_reset", { cause });
  });
  expect(failed.logs[0]?.fields).toMatchObject({ errorCode: "upstream_reset", errorSource: "upstream" });
  expect(failed.logs[0]?.fields.error).toHaveProperty("cause", cause);
  const refused = await t.request({}, () => {
    throw new GatewayError("forbidden");
  });
  expect(refused.logs[0]?.fields).toMatchObject({ errorCode: "forbidden", status: 403, error: undefined });
});

test("the query is noted if that is wanted", async () => {
  const t = await testPlugin(accessLog, { query: true });
  expect(lineFor(t, {}, { path: "/a?b=c" })?.fields).toMatchObject({ path: "/a", query: "b=c" });
});

test("headers are noted if they are named, in any case, and are there", async () => {
  const options = { "request-headers": ["User-Agent", "x-none"], "reply-headers": ["Content-Type", "x-none"] };
  const t = await testPlugin(accessLog, options);
  const { logs } = await t.request({ headers: { "user-agent": "curl" } }, () => Reply.json(200, {}));
  expect(logs[0]?.fields.requestHeaders).toEqual({ "user-agent": "curl" });
  expect(logs[0]?.fields.replyHeaders).toEqual({ "content-type": "application/json" });
});

describe("exclude", () => {
  test("paths, exact or with all below", async () => {
    const t = await testPlugin(accessLog, { exclude: { paths: ["/ping", "/health/*"] } });
    for (const path of ["/ping", "/health", "/health/live", "/health/"]) {
      expect(lineFor(t, {}, { path })).toBeUndefined();
    }
    for (const path of ["/ping/x", "/healthy", "/", "/x/ping"]) expect(lineFor(t, {}, { path })).toBeDefined();
  });

  test("everything below the root", async () => {
    const t = await testPlugin(accessLog, { exclude: { paths: ["/*"] } });
    expect(lineFor(t, {}, { path: "/" })).toBeUndefined();
    expect(lineFor(t, {}, { path: "/a/b" })).toBeUndefined();
  });

  test("statuses", async () => {
    const t = await testPlugin(accessLog, { exclude: { statuses: [304, 503] } });
    expect(lineFor(t, { status: 304 })).toBeUndefined();
    expect(lineFor(t, { status: 503 })).toBeUndefined();
    expect(lineFor(t, { status: 200 })).toBeDefined();
  });

  test("a route: its instance does nothing at all", async () => {
    const t = await testPlugin(accessLog, { exclude: { routes: ["probe"] } });
    expect(lineFor(t)).toBeDefined();
    const probe = await t.again(undefined, { route: { name: "probe", path: "/probe" } });
    expect(probe.phases).toEqual({});
  });

  test("what is no path and no status is refused", async () => {
    await expect(testPlugin(accessLog, { exclude: { paths: ["health"] } })).rejects.toThrow(
      "a path that begins with /",
    );
    await expect(testPlugin(accessLog, { exclude: { statuses: ["5xx"] } })).rejects.toThrow("exclude.statuses[0]");
    await expect(testPlugin(accessLog, { slow: "soon" })).rejects.toThrow("slow: expected a duration");
  });
});
