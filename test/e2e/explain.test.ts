import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { RouteConfig } from "../../src/config/schema.ts";
import { findShadowed } from "../../src/routing/shadow.ts";
import { type Explainer, explainer } from "../explain/setup.ts";
import { currentToken, RSA } from "../plugins/jwt/tokens.ts";
import { type InProcessGateway, startInProcess } from "../support/in-process.ts";
import { connect, type RawClient } from "../support/raw.ts";
import { response } from "../support/scripts.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";

/** So many random configurations, each with so many random requests. */
const CONFIGURATIONS = 6;
const REQUESTS = 120;

let upstream: Upstream;
beforeAll(() => {
  upstream = startUpstream(({ target }, connection) => connection.send(response(target)));
});
afterAll(() => upstream.stop());

const segment = fc.constantFrom("a", "b", ":p");
const path = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(fc.array(segment, { maxLength: 3 }), fc.constantFrom("", "/*")).map(patternOf) },
  { weight: 1, arbitrary: fc.constantFrom("~^/a", "~^/a/b", "~b$") },
);
const destination = fc.constantFrom(
  { service: "one" },
  { service: "two" },
  {
    weighted: [
      { service: "one", weight: 3 },
      { service: "two", weight: 1 },
    ],
  },
  {
    weighted: [
      { service: "one", weight: 1 },
      { service: "two", weight: 0 },
    ],
    force: { header: "x-want" },
  },
  {
    weighted: [
      { service: "one", weight: 1 },
      { service: "two", weight: 1 },
    ],
    sticky: { "hash-on": { header: "x-user" } },
  },
  { service: "one", canary: { service: "two", steps: ["100%"] } },
);
const pem = RSA.pem;
const plugins = fc.constantFrom<Record<string, unknown>>(
  {},
  {},
  { cors: { origins: ["https://app.example"], block: true } },
  { jwt: { "public-key": pem } },
  { jwt: { "public-key": pem, optional: true }, "rate-limit": { limit: "100000/m", key: ["principal", "route"] } },
  { jwt: { "public-key": pem, scopes: ["no:such"] } },
  { retry: {}, "request-id": false },
);
const route = fc.record(
  {
    path,
    destination,
    plugins,
    methods: fc.constantFrom(["GET"], ["POST"], ["GET", "OPTIONS"]),
    host: fc.constantFrom("h.test", "*.test"),
    headers: fc.constantFrom({ x: "1" }, { x: "2", y: "1" }),
    query: fc.constant({ q: "1" }),
    prefix: fc.constantFrom(
      { "strip-prefix": "/a" },
      { "add-prefix": "/v1" },
      { "strip-prefix": "/a", "add-prefix": "/v" },
    ),
  },
  { requiredKeys: ["path", "destination", "plugins"] },
);
const request = fc.record({
  method: fc.constantFrom("GET", "GET", "HEAD", "POST", "OPTIONS"),
  segments: fc.array(fc.constantFrom("a", "a", "b", "b", "c", "", "%61", "..", "a%2fb"), {
    minLength: 1,
    maxLength: 4,
  }),
  query: fc.constantFrom("", "?q=1", "?q=2&r", "?"),
  host: fc.constantFrom("h.test", "x.test:80", "other"),
  headers: fc.record(
    {
      x: fc.constantFrom("1", "2"),
      y: fc.constant("1"),
      "x-want": fc.constantFrom("one", "two", "three"),
      "x-user": fc.constantFrom("ada", "bob", "eve", ""),
      origin: fc.constantFrom("https://app.example", "https://evil.example"),
      "access-control-request-method": fc.constantFrom("GET", "POST", "PUT"),
      authorization: fc.constantFrom("good", "good", "bad", "Basic eDp5"),
      "max-forwards": fc.constant("0"),
    },
    { requiredKeys: [] },
  ),
});

type Drawn = typeof request extends fc.Arbitrary<infer T> ? T : never;

function patternOf([segments, end]: readonly [readonly string[], string]): string {
  const named = segments.map((text, index) => (text === ":p" ? `:p${index}` : text));
  return named.length === 0 ? `/${end.slice(1)}` : `/${named.join("/")}${end}`;
}

/** A valid gateway.yaml of these routes: JSON is YAML. */
function yamlOf(routes: readonly (typeof route extends fc.Arbitrary<infer T> ? T : never)[]): string {
  const written = routes.map(({ destination, prefix = {}, ...rest }, index) => {
    const strip = "strip-prefix" in prefix && !rest.path.startsWith("~") && !/^\/(a|:p0|\*)/.test(rest.path);
    return { name: `r${index}`, ...rest, ...destination, ...(strip ? {} : prefix) };
  });
  // A configuration with routes that are never reached is refused.
  const shadowed = new Set(findShadowed(written as unknown as readonly RouteConfig[]).map(({ route: index }) => index));
  const reached = written.filter((_, index) => !shadowed.has(index));
  const targets = [upstream.url];
  return `plugins: { request-id: {}, access-log: {} }
services: ${JSON.stringify({ one: { targets }, two: { targets, plugins: { "security-headers": {} } } })}
routes: ${JSON.stringify(reached)}
`;
}

function headersOf({ headers: { authorization, ...others }, host }: Drawn, token: string): Record<string, string> {
  const credential =
    authorization === "good" ? `Bearer ${token}` : authorization === "bad" ? "Bearer x.y.z" : authorization;
  return { host, ...others, ...(credential === undefined ? {} : { authorization: credential }) };
}

async function compare(
  drawn: Drawn,
  explain: Explainer,
  gateway: InProcessGateway,
  client: RawClient,
): Promise<string> {
  const { method } = drawn;
  const url = `/${drawn.segments.join("/")}${drawn.query}`;
  const headers = headersOf(drawn, currentToken());
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const before = gateway.logs.length;
  const seen = upstream.requests.length;
  const reply = await client.exchange(`${method} ${url} HTTP/1.1\r\n${lines.join("")}\r\n`, { method });
  const line = () => gateway.logs.slice(before).find(({ message }) => message === "request")?.fields;

  const report = await explain.of(method, url, headers);
  const { outcome, status, split } = report;
  if (report.reason.startsWith("OPTIONS *")) {
    expect(reply.status).toBe(204);
    return "own";
  }
  await gateway.waitForLog(() => line() !== undefined);
  expect({ route: report.route?.name, status: status ?? 200 }).toEqual({
    route: line()?.route as string | undefined,
    status: reply.status,
  });
  if (outcome === "method-not-allowed") expect(reply.headers).toContainEqual(["allow", report.allow?.join(", ") ?? ""]);
  expect(report.candidates.filter(({ isTaken }) => isTaken)).toHaveLength(report.route === undefined ? 0 : 1);
  expect(report.candidates.every(({ isTaken, losses }) => isTaken === (losses.length === 0))).toBe(true);
  const sent = upstream.requests.slice(seen);
  expect(sent.length).toBe(outcome === "forwarded" ? 1 : 0);
  if (outcome !== "forwarded") return outcome;
  expect(report.upstream?.urls).toEqual([`${upstream.url}${sent[0]?.target}`]);
  const service = line()?.service as string;
  if (split?.by === "lot") expect(split.services.find((one) => one.service === service)?.share).toBeGreaterThan(0);
  else expect(split?.services.find(({ isChosen }) => isChosen)?.service).toBe(service);
  return `forwarded by ${split?.by}`;
}

describe("what explain says is what the gateway does", () => {
  test("for random requests to random routes", async () => {
    const met = new Set<string>();
    const drawn = fc.sample(fc.array(route, { minLength: 8, maxLength: 30 }), { seed: 8, numRuns: CONFIGURATIONS });
    for (const [seed, routes] of drawn.entries()) {
      const yaml = yamlOf(routes);
      await using explain = await explainer(yaml);
      await using gateway = await startInProcess(yaml);
      gateway.clock.nowMs = Date.now();
      using client = await connect(gateway.port);
      for (const one of fc.sample(request, { seed, numRuns: REQUESTS })) {
        met.add(await compare(one, explain, gateway, client));
      }
    }
    // Of each kind there were some, or the property has shown little.
    expect([...met].sort()).toEqual([
      "answered",
      "forwarded by force",
      "forwarded by lot",
      "forwarded by only",
      "forwarded by sticky",
      "method-not-allowed",
      "not-found",
      "own",
      "refused",
    ]);
  }, 60_000);
});
