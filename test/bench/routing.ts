import { buildRouter, type RouteSpec } from "../../src/routing/router.ts";
import { requestFor } from "../routing/request.ts";

/** Measures a match among 10, 1,000 and 10,000 routes: `bun test/bench/routing.ts`. */

const SIZES = [10, 1_000, 10_000];
const ROUNDS = 7;
const MATCHES = 200_000;

interface Mix {
  readonly name: string;
  /** The route of that number, and a target that it takes. */
  route(index: number): Omit<RouteSpec<number>, "value">;
  target(index: number): string;
}

const MIXES: readonly Mix[] = [
  { name: "static", route: (i) => ({ path: `/api/s${i}/users` }), target: (i) => `/api/s${i}/users` },
  { name: "parameter", route: (i) => ({ path: `/api/s${i}/users/:id` }), target: (i) => `/api/s${i}/users/42` },
  { name: "prefix", route: (i) => ({ path: `/api/s${i}/*` }), target: (i) => `/api/s${i}/users/42/posts` },
  { name: "mixed", route: (i) => mix(i).route(i), target: (i) => mix(i).target(i) },
  { name: "no route", route: (i) => ({ path: `/api/s${i}/*` }), target: (i) => `/api/t${i}/users` },
  { name: "host", route: (i) => ({ path: "/*", host: `s${i}.test` }), target: () => "/users/42" },
  {
    name: "header",
    route: (i) => ({ path: "/api/*", headers: { "x-tenant": `s${i}` } }),
    target: () => "/api/users/42",
  },
];

function mix(index: number): Mix {
  return MIXES[index % 3] as Mix;
}

/** Nanoseconds a match; the least of the rounds, as noise only ever adds. */
function measure({ route, target }: Mix, size: number): number {
  const router = buildRouter(Array.from({ length: size }, (_, i) => ({ ...route(i), value: i })));
  // Ten targets for every size: more would measure the memory that the requests themselves take.
  const requests = Array.from({ length: 10 }, (_, i) => {
    const index = Math.floor((i * size) / 10);
    return requestFor("GET", target(index), { host: `s${index}.test`, headers: { "x-tenant": `s${index}` } });
  });
  let least = Number.POSITIVE_INFINITY;
  let matched = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const started = Bun.nanoseconds();
    for (let i = 0; i < MATCHES; i += requests.length) {
      for (const request of requests) if (router.match(request) !== undefined) matched++;
    }
    least = Math.min(least, (Bun.nanoseconds() - started) / MATCHES);
  }
  if (matched !== 0 && matched !== ROUNDS * MATCHES) throw new Error("some requests matched, others did not");
  return least;
}

function line(cells: readonly string[]): string {
  return cells.map((cell, index) => (index === 0 ? cell.padEnd(10) : cell.padStart(16))).join("");
}

console.log(line(["ns a match", ...SIZES.map((size) => `${size} routes`), "last ÷ first"]));
for (const each of MIXES) {
  const times = SIZES.map((size) => measure(each, size));
  const ratio = (times.at(-1) ?? 0) / (times[0] ?? 1);
  console.log(line([each.name, ...times.map((time) => time.toFixed(0)), ratio.toFixed(2)]));
}
