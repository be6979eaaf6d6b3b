import { expect, test } from "bun:test";
import fc from "fast-check";
import type { RouteConfig } from "../../src/config/schema.ts";
import { buildRouter, type RouteSpec } from "../../src/routing/router.ts";
import { findShadowed } from "../../src/routing/shadow.ts";
import { requestFor } from "./request.ts";

/** One of the few routes that the property draws from, so that many overlap. */
type Drawn = Omit<RouteSpec<number>, "value">;

const segment = fc.constantFrom("a", "b", ":p");
const path = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(fc.array(segment, { maxLength: 3 }), fc.constantFrom("", "/*")).map(patternOf) },
  { weight: 1, arbitrary: fc.constantFrom("~^/a", "~a", "~^/a/b", "~^/[ab]/.", "~b$") },
);
const route: fc.Arbitrary<Drawn> = fc.record(
  {
    path,
    methods: fc.constantFrom<string[]>(["GET"], ["PUT"], ["HEAD"], ["GET", "PUT"]),
    host: fc.constantFrom("h.test", "*.test", "x.h.test", "*.h.test"),
    headers: fc.constantFrom<Record<string, string>>({ x: "1" }, { x: "2" }, { x: "1", y: "1" }),
    query: fc.constantFrom<Record<string, string>>({ q: "1" }),
  },
  { requiredKeys: ["path"] },
);
const request = fc
  .record({
    method: fc.constantFrom("GET", "PUT", "HEAD", "POST"),
    segments: fc.array(fc.constantFrom("a", "a", "b", "b", "c", ""), { minLength: 1, maxLength: 4 }),
    query: fc.constantFrom("", "?q=1", "?q=2"),
    host: fc.constantFrom("h.test", "x.h.test", "y.h.test:80", "other"),
    headers: fc.constantFrom<Record<string, string>>({}, { x: "2" }, { x: "1", y: "1" }),
  })
  .map(({ method, segments, query, ...rest }) => requestFor(method, `/${segments.join("/")}${query}`, rest));

type Request = ReturnType<typeof requestFor>;

function patternOf([segments, end]: readonly [readonly string[], string]): string {
  const named = segments.map((text, index) => (text === ":p" ? `:p${index}` : text));
  return named.length === 0 ? `/${end.slice(1)}` : `/${named.join("/")}${end}`;
}

/** The rules again, spelt out one route at a time. */
function takesPath(pattern: string, target: string): boolean {
  if (pattern.startsWith("~")) return new RegExp(pattern.slice(1)).test(target);
  const isPrefix = pattern.endsWith("/*");
  const wanted = (isPrefix ? pattern.slice(0, -2) : pattern).split("/").slice(1);
  const given = target.split("/").slice(1);
  if (isPrefix ? given.length < wanted.length : given.length !== wanted.length) return false;
  return wanted.every((text, index) => (text.startsWith(":") ? given[index] !== "" : given[index] === text));
}

function takesHost(pattern: string | undefined, host: string): boolean {
  const name = host.replace(/:\d+$/, "");
  if (pattern === undefined) return true;
  return pattern.startsWith("*.") ? name.endsWith(pattern.slice(1)) : name === pattern;
}

function takesAllButMethod(drawn: Drawn, asked: Request): boolean {
  const query = new URLSearchParams(asked.query ?? "");
  return (
    takesPath(drawn.path, asked.path) &&
    takesHost(drawn.host, asked.host) &&
    Object.entries(drawn.headers ?? {}).every(([name, value]) => asked.headers.get(name) === value) &&
    Object.entries(drawn.query ?? {}).every(([name, value]) => query.get(name) === value)
  );
}

function takesMethod({ methods }: Drawn, method: string): boolean {
  if (methods === undefined || methods.includes(method)) return true;
  return method === "HEAD" && methods.includes("GET");
}

/** Greater is better, position by position. */
function merits({ path: pattern, host, methods, headers, query }: Drawn): (number | string)[] {
  const isRegex = pattern.startsWith("~");
  const kind = isRegex ? 0 : pattern.endsWith("*") ? 1 : pattern.includes(":") ? 2 : 3;
  const segments = pattern.replace(/\/\*$/, "").split("/").slice(1);
  return [
    host === undefined ? 0 : host.startsWith("*") ? host.length : 1000,
    kind,
    isRegex ? pattern.length : segments.length,
    isRegex ? "" : segments.map((text) => (text.startsWith(":") ? "0" : "1")).join(""),
    (methods === undefined ? 0 : 1) + Object.keys(headers ?? {}).length + Object.keys(query ?? {}).length,
  ];
}

function isBetter(a: Drawn, b: Drawn): boolean {
  const ofA = merits(a);
  const ofB = merits(b);
  const index = ofA.findIndex((merit, at) => merit !== ofB[at]);
  return index !== -1 && (ofA[index] ?? 0) > (ofB[index] ?? 0);
}

function expectedFor(routes: readonly Drawn[], asked: Request): number | Set<string> | undefined {
  let best: number | undefined;
  const allowed = new Set<string>();
  for (const [index, drawn] of routes.entries()) {
    if (!takesAllButMethod(drawn, asked)) continue;
    const rival = best === undefined ? undefined : routes[best];
    if (takesMethod(drawn, asked.method)) best = rival !== undefined && !isBetter(drawn, rival) ? best : index;
    for (const method of drawn.methods ?? []) allowed.add(method);
    if (drawn.methods?.includes("GET")) allowed.add("HEAD");
  }
  return best ?? (allowed.size > 0 ? allowed : undefined);
}

const routes = fc.array(route, { minLength: 12, maxLength: 30, size: "max" });
const requests = fc.array(request, { minLength: 5, maxLength: 20 });

test("the router finds what comparing all routes one by one finds", () => {
  const outcomes = { match: 0, refused: 0, none: 0 };
  fc.assert(
    fc.property(routes, requests, (drawn, asked) => {
      const router = buildRouter(drawn.map((each, value) => ({ ...each, value })));
      for (const each of asked) {
        const routed = router.match(each);
        const found = routed?.kind === "match" ? routed.value : routed && new Set(routed.allow);
        expect(found).toEqual(expectedFor(drawn, each) as never);
        if (routed === undefined) outcomes.none++;
        else outcomes[routed.kind === "match" ? "match" : "refused"]++;
      }
    }),
    { numRuns: 1000 },
  );
  expect(Math.min(outcomes.match, outcomes.refused, outcomes.none)).toBeGreaterThan(500);
});

/** So few that shadows are common. */
const overlapping: fc.Arbitrary<RouteConfig[]> = fc.array(
  fc.record(
    {
      path: fc.constantFrom("/a", "/:p", "/*", "/a/*", "~^/a", "~^/a/", "~."),
      plugins: fc.constant({}),
      methods: fc.constantFrom(["GET"], ["PUT"], ["HEAD"], ["GET", "PUT"]),
      headers: fc.constant({ x: "1" }),
    },
    { requiredKeys: ["path", "plugins"] },
  ),
  { minLength: 5, maxLength: 15 },
);

test("a route that is told to be shadowed takes no request at all", () => {
  let shadows = 0;
  fc.assert(
    fc.property(overlapping, requests, (drawn, asked) => {
      const shadowed = findShadowed(drawn);
      shadows += shadowed.length;
      for (const each of asked) {
        const found = expectedFor(drawn, each);
        for (const { route: index } of shadowed) expect(found).not.toBe(index);
      }
    }),
    { numRuns: 1000 },
  );
  expect(shadows).toBeGreaterThan(500);
});
