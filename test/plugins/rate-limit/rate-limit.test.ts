import { describe, expect, test } from "bun:test";
import plugin from "../../../plugins/rate-limit/index.ts";
import { GatewayError } from "../../../src/errors.ts";
import { Reply } from "../../../src/message/reply.ts";
import { type PluginTest, type TestRequest, testPlugin } from "../../../src/testing.ts";

const principal = (id: string, claims: Record<string, unknown> = {}): TestRequest => ({
  principal: { id, source: "jwt", scopes: [], claims },
});
const from = (address: string): TestRequest => ({ peer: { address } });

/** The statuses of so many requests, one after the other. */
async function statuses(t: PluginTest, count: number, request: TestRequest = {}): Promise<readonly number[]> {
  const all: number[] = [];
  for (let i = 0; i < count; i++) all.push((await t.request(request)).reply.status);
  return all;
}

async function passes(t: PluginTest, count: number, request: TestRequest = {}): Promise<number> {
  return (await statuses(t, count, request)).filter((status) => status === 200).length;
}

describe("a limit of 5 a minute", () => {
  test("lets 5 pass at once and refuses the sixth for 12 seconds", async () => {
    const t = await testPlugin(plugin, { limit: 5, window: "1m" });
    expect(await statuses(t, 5)).toEqual([200, 200, 200, 200, 200]);
    const { reply, outcome } = await t.request();
    expect(reply.status).toBe(429);
    expect(reply.headers.get("retry-after")).toBe("12");
    expect(await reply.body.json(1_000)).toMatchObject({ code: "rate_limited", detail: "Try again in 12 s" });
    expect(outcome).toMatchObject({ errorCode: "rate_limited", attempts: 0 });
    t.clock.advance(11_999);
    expect(await passes(t, 1)).toBe(0);
    t.clock.advance(1);
    expect(await statuses(t, 2)).toEqual([200, 429]);
    expect(t.metrics.value("requests_total", { route: "test", decision: "allowed" })).toBe(6);
    expect(t.metrics.value("requests_total", { route: "test", decision: "refused" })).toBe(3);
  });

  test("waits for nothing where the store is in memory: no promise", async () => {
    const t = await testPlugin(plugin, { limit: "5/m" });
    expect(t.phases.limit?.(t.context())).toBeUndefined();
    expect(Object.keys(t.phases)).toEqual(["limit", "response", "explain"]);
    const quiet = await testPlugin(plugin, { limit: "5/m", headers: "none" });
    expect(Object.keys(quiet.phases)).toEqual(["limit", "explain"]);
  });

  test("is counted on by the next configuration", async () => {
    const t = await testPlugin(plugin, { limit: "5/m" });
    expect(await passes(t, 3)).toBe(3);
    expect(await passes(await t.again({ limit: "5/m" }), 3)).toBe(2);
  });

  test("is counted for each place where it is written", async () => {
    const t = await testPlugin(plugin, { limit: "1/m" }, { site: "global" });
    const options = { limit: "1/m" };
    const other = await t.again(options, { site: "global", route: { name: "b", path: "/b" } });
    const own = await t.again(options, { site: "route b", route: { name: "b", path: "/b" } });
    expect([await passes(t, 2), await passes(other, 2), await passes(own, 2)]).toEqual([1, 0, 1]);
  });
});

describe("what is counted together", () => {
  test("an address, of IPv6 a prefix", async () => {
    const t = await testPlugin(plugin, { limit: "1/m" });
    expect(await passes(t, 2, from("192.0.2.1"))).toBe(1);
    expect(await passes(t, 2, from("192.0.2.2"))).toBe(1);
    expect(await passes(t, 2, from("2001:db8::1"))).toBe(1);
    expect(await passes(t, 2, from("2001:db8::ffff"))).toBe(0);
    expect(await passes(t, 2, from("2001:db8:0:1::1"))).toBe(1);
    const wide = await testPlugin(plugin, { limit: "1/m", "ipv6-prefix": 48 });
    expect(await passes(wide, 1, from("2001:db8:0:1::1"))).toBe(1);
    expect(await passes(wide, 1, from("2001:db8:0:2::1"))).toBe(0);
  });

  test("the address that a trusted proxy tells, not that of the proxy", async () => {
    const t = await testPlugin(plugin, { limit: "1/m" });
    const through = (clientAddress: string) => ({ peer: { address: "10.0.0.1", clientAddress, isTrustedProxy: true } });
    expect(await passes(t, 2, through("192.0.2.1"))).toBe(1);
    expect(await passes(t, 2, through("192.0.2.2"))).toBe(1);
  });

  test("a principal; without one its address", async () => {
    const t = await testPlugin(plugin, { limit: "1/m", key: "principal" });
    expect(await passes(t, 2, { ...principal("a"), ...from("192.0.2.1") })).toBe(1);
    expect(await passes(t, 2, { ...principal("a"), ...from("192.0.2.2") })).toBe(0);
    expect(await passes(t, 2, from("192.0.2.1"))).toBe(1);
    expect(await passes(t, 2, principal("ip:192.0.2.1"))).toBe(1);
  });

  test("several parts, none of which can be taken for another", async () => {
    const t = await testPlugin(plugin, { limit: "1/m", key: ["header:x-a", "header:x-b"] });
    expect(await passes(t, 2, { headers: { "x-a": "a:b", "x-b": "c" } })).toBe(1);
    expect(await passes(t, 2, { headers: { "x-a": "a", "x-b": "b:c" } })).toBe(1);
    expect(await passes(t, 2, { headers: { "x-a": "a%3Ab", "x-b": "c" } })).toBe(1);
  });
});

describe("several limits", () => {
  const options = { limits: ["3/s", { limit: 5, window: "1h", key: "principal" }] };

  test("let a request pass if all have room, and charge all or none", async () => {
    const t = await testPlugin(plugin, options);
    expect(await passes(t, 6, principal("a"))).toBe(3);
    t.clock.advance(1_000);
    expect(await passes(t, 6, principal("a"))).toBe(2);
    t.clock.advance(1_000);
    // What the limit of the hour refused has cost that of the second nothing.
    expect(await passes(t, 6, principal("a"))).toBe(0);
    expect(await passes(t, 6, principal("b"))).toBe(3);
  });

  test("tell the one that has least left, and when it refuses the one that does so longest", async () => {
    const t = await testPlugin(plugin, options);
    const { reply } = await t.request(principal("a"));
    expect(reply.headers.get("ratelimit-policy")).toBe('"ip/1s";q=3;w=1, "principal/1h";q=5;w=3600');
    expect(reply.headers.get("ratelimit")).toBe('"ip/1s";r=2;t=1');
    await passes(t, 2, principal("a"));
    t.clock.advance(2_000);
    await passes(t, 2, principal("a"));
    const refused = await t.request(principal("a"));
    expect(refused.reply.headers.get("ratelimit")).toBe('"principal/1h";r=0;t=718');
    expect(refused.reply.headers.get("retry-after")).toBe("718");
  });

  test("tell, of two with nothing left, the one that takes longer: what it says is the next request's refusal", async () => {
    const t = await testPlugin(plugin, { limits: ["2/s", "2/h"] });
    await t.request({});
    const last = await t.request({});
    expect(last.reply.status).toBe(200);
    expect(last.reply.headers.get("ratelimit")).toBe('"ip/1h";r=0;t=3600');
  });
});

describe("the fields of a reply", () => {
  const fields = async (options: Record<string, unknown>) => {
    const t = await testPlugin(plugin, { limit: "5/m", ...options });
    const all: string[][] = [];
    for (let i = 0; i < 6; i++) {
      const { headers } = (await t.request()).reply;
      all.push(
        [...headers].filter(([name]) => /ratelimit|retry/.test(name)).map(([name, value]) => `${name}: ${value}`),
      );
    }
    return [all[0]?.toSorted(), all[5]?.toSorted()];
  };

  test("are those of the draft, of old, both or none", async () => {
    const draft = [
      ['ratelimit-policy: "default";q=5;w=60', 'ratelimit: "default";r=4;t=12'],
      ['ratelimit-policy: "default";q=5;w=60', 'ratelimit: "default";r=0;t=12', "retry-after: 12"],
    ];
    const legacy = [
      ["x-ratelimit-limit: 5", "x-ratelimit-remaining: 4", "x-ratelimit-reset: 12"],
      ["retry-after: 12", "x-ratelimit-limit: 5", "x-ratelimit-remaining: 0", "x-ratelimit-reset: 12"],
    ];
    const both = draft.map((lines, i) => [...new Set([...lines, ...(legacy[i] ?? [])])].toSorted());
    expect(await fields({})).toEqual(draft);
    expect(await fields({ headers: "legacy" })).toEqual(legacy);
    expect(await fields({ headers: "both" })).toEqual(both);
    expect(await fields({ headers: "none" })).toEqual([[], ["retry-after: 12"]]);
  });

  test("have the name that was given, and no window that is not in whole seconds", async () => {
    const [first] = await fields({ name: "search", limit: "5/1500ms" });
    expect(first).toContain('ratelimit-policy: "search";q=5');
  });

  test("have names that may stand in them, whatever the keys", async () => {
    const t = await testPlugin(plugin, { limits: ["9/h", { limit: "5/m", key: ['query:ü"\\;q=9', "header:X-'a'"] }] });
    const { headers } = (await t.request()).reply;
    expect(headers.get("ratelimit")).toBe('"query:____q_9,header:X-_a_/1m";r=4;t=12');
  });

  test("replace what the service says", async () => {
    const t = await testPlugin(plugin, { limit: "5/m" });
    const { reply } = await t.request({}, () => Reply.json(200, {}, { ratelimit: '"up";r=1;t=1' }));
    expect(reply.headers.getAll("ratelimit")).toEqual(['"default";r=4;t=12']);
  });
});

describe("tiers", () => {
  const options = {
    limit: 1,
    window: "1m",
    key: "principal",
    tiers: { pro: { limit: 3 }, team: { limit: 6, burst: 2 }, staff: false },
  };

  test("of a caller who is known already may change, and may be changed back", async () => {
    const t = await testPlugin(plugin, options);
    const policyFor = async (claims: Record<string, unknown>) =>
      (await t.request(principal("a", claims))).reply.headers.get("ratelimit-policy");
    expect(await policyFor({ tier: "pro" })).toBe('"default";q=3;w=60');
    expect(await policyFor({ tier: "team" })).toBe('"default";q=6;w=60');
    expect(await policyFor({ tier: "staff" })).toBeUndefined();
    expect(await policyFor({})).toBe('"default";q=1;w=60');
    expect(await policyFor({ tier: "pro" })).toBe('"default";q=3;w=60');
  });

  test("have limits of their own, or none", async () => {
    const t = await testPlugin(plugin, options);
    expect(await passes(t, 5, principal("a"))).toBe(1);
    expect(await passes(t, 5, principal("b", { tier: "pro" }))).toBe(3);
    expect(await passes(t, 5, principal("c", { tier: "team" }))).toBe(2);
    expect(await passes(t, 5, principal("d", { tier: "staff" }))).toBe(5);
    expect((await t.request(principal("d", { tier: "staff" }))).reply.headers.has("ratelimit")).toBe(false);
    expect((await t.request(principal("e", { tier: "pro" }))).reply.headers.get("ratelimit-policy")).toBe(
      '"default";q=3;w=60',
    );
  });

  test.each([["constructor"], ["__proto__"], ["PRO"], [["pro"]], [7]])("are not what %p says", async (tier) => {
    const t = await testPlugin(plugin, options);
    expect(await passes(t, 3, principal("a", { tier }))).toBe(1);
  });

  test("are read from the claim that is named", async () => {
    const t = await testPlugin(plugin, { ...options, "tier-claim": "plan" });
    expect(await passes(t, 5, principal("a", { plan: "pro", tier: "staff" }))).toBe(3);
  });
});

describe("costs", () => {
  test("of a route", async () => {
    const t = await testPlugin(plugin, { limit: 10, window: "1m", cost: 4 });
    expect(await passes(t, 5)).toBe(2);
  });

  test("that the reply tells are charged after it, and owed where there was no room", async () => {
    const t = await testPlugin(plugin, { limit: 10, window: "10s", "cost-header": "X-Cost" });
    const costing = (cost: string) => t.request({}, () => Reply.json(200, {}, { "x-cost": cost }));
    const { reply } = await costing("6");
    expect(reply.headers.has("x-cost")).toBe(false);
    expect((await costing("0")).reply.headers.get("ratelimit")).toBe('"default";r=3;t=7');
    expect((await costing("8")).reply.headers.get("ratelimit")).toBe('"default";r=3;t=7');
    expect((await costing("1")).reply.headers.get("retry-after")).toBe("5");
    t.clock.advance(5_000);
    expect((await costing("nothing")).reply.status).toBe(200);
    expect((await costing("1")).reply.status).toBe(429);
  });
});

describe("failed authentications", () => {
  const login: TestRequest = from("192.0.2.1");
  const failing = () => {
    throw new GatewayError("unauthenticated");
  };

  test("past the limit are refused before anyone looks at credentials", async () => {
    const t = await testPlugin(plugin, { "authentication-failures": "3/m" });
    expect(Object.keys(t.phases)).toEqual(["request", "log", "limit", "response", "explain"]);
    const codes: number[] = [];
    for (let i = 0; i < 4; i++) codes.push((await t.request(login, failing)).reply.status);
    expect(codes).toEqual([401, 401, 401, 429]);
    const { reply, outcome } = await t.request(login);
    expect([reply.status, reply.headers.get("retry-after"), outcome.attempts]).toEqual([429, "20", 0]);
    expect((await t.request(from("192.0.2.2"))).reply.status).toBe(200);
    t.clock.advance(20_000);
    expect((await t.request(login)).reply.status).toBe(200);
    expect((await t.request(login, failing)).reply.status).toBe(401);
    expect((await t.request(login)).reply.status).toBe(429);
    expect(t.metrics.value("requests_total", { route: "test", decision: "barred" })).toBe(3);
  });

  test("are remembered by the next configuration, and not mixed with other limits", async () => {
    const t = await testPlugin(plugin, { limit: "2/m", "authentication-failures": "1/m" });
    await t.request(login, failing);
    expect((await (await t.again()).request(login)).reply.status).toBe(429);
    expect(await passes(t, 3, from("192.0.2.2"))).toBe(2);
  });
});

describe("options that cannot be meant are refused:", () => {
  test.each<[Record<string, unknown>, string]>([
    [{}, "limit: say how much may pass"],
    [{ limit: 5 }, "limit: 5 needs a window"],
    [{ limit: "5/m", window: "1m" }, "window: limit: 5/m has one already"],
    [{ limit: 0, window: "1m" }, "limit: expected"],
    [{ limit: "0/m" }, "such as 10/s"],
    [{ limit: "5/w" }, "such as 10/s"],
    [{ limit: "5/m", limits: ["5/s"] }, "either limit or limits"],
    [{ limits: ["5/s"], burst: 3 }, "burst: belongs to a limit"],
    [{ limits: ["5/s"], tiers: { pro: false } }, "tiers: belong to a limit"],
    [{ limits: ["5/s", "6/s"] }, "limits[1]: has the key and the window of limits[0]"],
    [{ limits: ["5/s", { limit: "6/m", name: "ip/1s" }] }, "limits[1]: is called ip/1s"],
    [{ limits: ["5/s", { limit: 6 }] }, "limits[1]: limit: 6 needs a window"],
    [{ limit: "5/m", algorithm: "fixed-window", burst: 2 }, "burst: is for gcra alone"],
    [{ limit: "5/m", cost: 6 }, "cost: a request that costs 6 would never pass a limit of 5"],
    [{ limit: "5/m", tiers: { pro: { limit: "5/h" } } }, "tiers.pro: the window is 1m"],
    [{ limit: "5/m", key: "adress" }, "key: expected ip, principal, route, service, global"],
    [{ limit: "5/m", key: [] }, "key: expected"],
    [{ limit: "5/m", algorithm: "leaky" }, "algorithm: expected gcra, sliding-window or fixed-window"],
    [{ limit: "5/m", mode: "synced", sync: "1ms" }, "sync: expected at least 100ms"],
    [{ "authentication-failures": "many" }, "such as 10/m"],
  ])("%p", async (options, message) => {
    await expect(testPlugin(plugin, options)).rejects.toThrow(message);
  });
});
