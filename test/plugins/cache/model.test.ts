import { expect, test } from "bun:test";
import fc from "fast-check";
import cache from "../../../plugins/cache/index.ts";
import { Body } from "../../../src/message/body.ts";
import { HeaderList } from "../../../src/message/headers.ts";
import { Reply } from "../../../src/message/reply.ts";
import { type PluginTest, testPlugin } from "../../../src/testing.ts";

/** What the service says of the replies that it makes from now on. */
interface Policy {
  readonly maxAge: number | undefined;
  readonly sharedMaxAge: number | undefined;
  readonly isNoStore: boolean;
  readonly isPrivate: boolean;
  readonly isNoCache: boolean;
  readonly isPublic: boolean;
  readonly mustRevalidate: boolean;
  readonly whileRevalidate: number | undefined;
  readonly age: number;
  readonly isVarying: boolean;
  readonly isTagged: boolean;
}

type Step =
  | {
      readonly kind: "get";
      readonly path: string;
      readonly foo: string;
      readonly isAuthorized: boolean;
      readonly control: string;
    }
  | { readonly kind: "policy"; readonly policy: Policy }
  | { readonly kind: "pass"; readonly seconds: number }
  | { readonly kind: "change" }
  | { readonly kind: "post"; readonly path: string; readonly status: number }
  | { readonly kind: "purge"; readonly path: string };

const seconds = fc.integer({ min: 0, max: 30 });
const path = fc.constantFrom("/a", "/b");
const policy: fc.Arbitrary<Policy> = fc.record({
  maxAge: fc.option(seconds, { nil: undefined }),
  sharedMaxAge: fc.option(seconds, { nil: undefined }),
  isNoStore: rarely(),
  isPrivate: rarely(),
  isNoCache: rarely(),
  isPublic: rarely(),
  mustRevalidate: rarely(),
  whileRevalidate: fc.option(seconds, { nil: undefined }),
  age: fc.integer({ min: 0, max: 10 }),
  isVarying: fc.boolean(),
  isTagged: fc.boolean(),
});
const get: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant("get" as const),
  path,
  foo: fc.constantFrom("1", "2"),
  isAuthorized: rarely(),
  control: fc.constantFrom("", "", "", "no-cache", "no-store", "max-age=5", "min-fresh=5", "max-stale=5"),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: get },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("policy" as const), policy }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("pass" as const), seconds }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("change" as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("post" as const), path, status: fc.constantFrom(200, 303, 500) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("purge" as const), path }) },
);

function rarely(): fc.Arbitrary<boolean> {
  return fc.integer({ min: 0, max: 7 }).map((value) => value === 0);
}

/** Of one reply all that decides who may get it, and for how long. */
interface Made {
  readonly path: string;
  readonly foo: string;
  readonly tag: string;
  readonly isAuthorized: boolean;
  readonly wasNoStore: boolean;
  policy: Policy;
  /** When it was made, or last confirmed. */
  atMs: number;
  /** A request has changed its resource, or purged it, since. */
  isGone: boolean;
}

/** The service, and what it has made, by the number in the content. */
class Service {
  readonly made: Made[] = [];
  policy: Policy = {
    maxAge: 10,
    sharedMaxAge: undefined,
    isNoStore: false,
    isPrivate: false,
    isNoCache: false,
    isPublic: false,
    mustRevalidate: false,
    whileRevalidate: undefined,
    age: 0,
    isVarying: true,
    isTagged: true,
  };
  version = 0;
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  answer(request: Extract<Step, { kind: "get" }>, ifNoneMatch: string | undefined): Reply {
    const { policy: said } = this;
    const tag = `"${request.path}${request.foo}${this.version}"`;
    const headers = this.#headers(tag);
    const { path: of, foo, isAuthorized, control } = request;
    if (said.isTagged && ifNoneMatch === tag) {
      this.#confirm(tag, request);
      return new Reply(304, headers, Body.empty);
    }
    this.made.push({
      tag,
      path: of,
      foo,
      isAuthorized,
      wasNoStore: control === "no-store",
      policy: said,
      atMs: this.#now(),
      isGone: false,
    });
    return new Reply(200, headers, Body.of(String(this.made.length - 1)));
  }

  /** What a 304 says holds for what was made before, but not what it says to one client alone (§3, §3.5). */
  #confirm(tag: string, { isAuthorized, control }: Extract<Step, { kind: "get" }>): void {
    if (control === "no-store") return;
    for (const made of this.made) {
      if (made.tag !== tag) continue;
      // A field that it does not have stays as it was (§3.2).
      const said = controlOf(this.policy).length > 0 ? this.policy : { ...made.policy, age: this.policy.age };
      if (isAuthorized && !isForAll(said)) continue;
      made.atMs = this.#now();
      made.policy = { ...said, isVarying: made.policy.isVarying };
    }
  }

  #headers(tag: string): HeaderList {
    const { age, isVarying, isTagged } = this.policy;
    const control = controlOf(this.policy);
    const headers = new HeaderList(["date", new Date(this.#now()).toUTCString()]);
    if (control.length > 0) headers.append("cache-control", control.join(", "));
    if (age > 0) headers.append("age", String(age));
    if (isVarying) headers.append("vary", "foo");
    if (isTagged) headers.append("etag", tag);
    return headers;
  }
}

/** The directives of `Cache-Control`; none, and there is no such field. */
function controlOf({ maxAge, sharedMaxAge, whileRevalidate, ...flags }: Policy): readonly string[] {
  return [
    ...(maxAge === undefined ? [] : [`max-age=${maxAge}`]),
    ...(sharedMaxAge === undefined ? [] : [`s-maxage=${sharedMaxAge}`]),
    ...(whileRevalidate === undefined ? [] : [`stale-while-revalidate=${whileRevalidate}`]),
    ...(flags.isNoStore ? ["no-store"] : []),
    ...(flags.isPrivate ? ["private"] : []),
    ...(flags.isNoCache ? ["no-cache"] : []),
    ...(flags.isPublic ? ["public"] : []),
    ...(flags.mustRevalidate ? ["must-revalidate"] : []),
  ];
}

/** Whether what is said to one client may be for others (§3.5). */
function isForAll({ isPublic, mustRevalidate, sharedMaxAge }: Policy): boolean {
  return isPublic || mustRevalidate || sharedMaxAge !== undefined;
}

/** Why a reply must not be the answer to a request that the service has not seen; undefined if it may. */
function objection(request: Extract<Step, { kind: "get" }>, made: Made, nowMs: number): string | undefined {
  const { policy: said } = made;
  if (made.path !== request.path) return "another URL (§4)";
  if (said.isVarying && made.foo !== request.foo) return "another variant (§4.1)";
  if (made.isGone) return "invalidated (§4.4)";
  if (said.isNoStore || made.wasNoStore) return "no-store (§5.2)";
  if (said.isPrivate) return "private (§5.2.2.7)";
  if (said.isNoCache || request.control === "no-cache") return "no-cache (§5.2)";
  if (made.isAuthorized && !isForAll(said)) return "another's authorization (§3.5)";
  // Nothing says when it last changed: there is nothing to guess by (§4.2.2).
  const lifetime = said.sharedMaxAge ?? said.maxAge ?? 0;
  const age = said.age + Math.floor((nowMs - made.atMs) / 1_000);
  if (request.control === "max-age=5" && age > 5) return "older than the client takes (§5.2.1.1)";
  if (request.control === "min-fresh=5" && lifetime - age < 5) return "not fresh for long enough (§5.2.1.3)";
  if (age < lifetime) return undefined;
  if (said.mustRevalidate) return "stale (§5.2.2.2)";
  const isTaken = request.control === "max-stale=5" && said.sharedMaxAge === undefined && age - lifetime <= 5;
  const isWhile = said.whileRevalidate !== undefined && age - lifetime < said.whileRevalidate;
  return isTaken || isWhile ? undefined : "stale (§4.2.4)";
}

async function run(t: PluginTest, service: Service, steps: readonly Step[]): Promise<void> {
  for (const one of steps) {
    if (one.kind === "policy") service.policy = one.policy;
    else if (one.kind === "pass") t.clock.advance(one.seconds * 1_000);
    else if (one.kind === "change") service.version++;
    else if (one.kind === "get") await ask(t, service, one);
    else await remove(t, service, one);
  }
}

async function ask(t: PluginTest, service: Service, request: Extract<Step, { kind: "get" }>): Promise<void> {
  const headers: Record<string, string> = { foo: request.foo };
  if (request.control !== "") headers["cache-control"] = request.control;
  if (request.isAuthorized) headers.authorization = "Bearer x";
  let asked = 0;
  const { reply } = await t.request({ path: request.path, headers }, (ctx) => {
    asked++;
    return service.answer(request, ctx.request.headers.get("if-none-match"));
  });
  const number = Number(await reply.body.text(100));
  const made = service.made[number] as Made;
  if (asked > 0) {
    expect([made.path, made.policy.isVarying ? made.foo : ""]).toEqual([
      request.path,
      made.policy.isVarying ? request.foo : "",
    ]);
    return;
  }
  expect({ request, made, why: objection(request, made, t.clock.nowMs) }).toMatchObject({ why: undefined });
}

async function remove(t: PluginTest, service: Service, one: Extract<Step, { kind: "post" | "purge" }>): Promise<void> {
  if (one.kind === "purge") {
    const url = encodeURIComponent(`http://gateway.test${one.path}`);
    await t.admin.handle(new Request(`http://admin/cache?url=${url}`, { method: "DELETE" }));
  } else await t.request({ method: "POST", path: one.path, body: "x" }, () => new Reply(one.status));
  if (one.kind === "post" && one.status >= 400) return;
  for (const made of service.made) if (made.path === one.path) made.isGone = true;
}

test("whatever is asked, said, changed and purged, the cache serves nothing that RFC 9111 forbids", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
      const t = await testPlugin(cache);
      const service = new Service(() => t.clock.nowMs);
      await run(t, service, steps);
      await t.close();
    }),
    { numRuns: 1_500 },
  );
}, 120_000);
