import { describe, expect, test } from "bun:test";
import { GatewayError } from "../../src/errors.ts";
import { createResolver, type Lookup, systemLookup } from "../../src/upstream/resolve.ts";

const TTL = 30_000;

/** A resolver on a clock that the test moves, with lookups that the test answers. */
function setUp(host = "users.internal", deadlineMs = 5_000) {
  const clock = { ms: 1_000_000 };
  const open: PromiseWithResolvers<Awaited<ReturnType<Lookup>>>[] = [];
  const asked: string[] = [];
  const lookup: Lookup = (name) => {
    asked.push(name);
    const answer = Promise.withResolvers<Awaited<ReturnType<Lookup>>>();
    open.push(answer);
    return answer.promise;
  };
  const resolver = createResolver(host, { ttlMs: TTL, lookup, deadlineMs, now: () => clock.ms });
  /** Answers the latest lookup, and lets the answer be taken. */
  const answer = async (...addresses: string[]) => {
    open.at(-1)?.resolve(addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })));
    await settled();
  };
  const fail = async (message: string) => {
    open.at(-1)?.reject(new Error(message));
    await settled();
  };
  return { resolver, clock, asked, answer, fail };
}

/** Every promise that can be settled by now is, when a macrotask runs. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function nextOf(resolver: { next(): string | Promise<string> }, times: number): (string | Promise<string>)[] {
  return Array.from({ length: times }, () => resolver.next());
}

async function causeOf(pending: string | Promise<string>): Promise<string> {
  const error = await Promise.resolve(pending).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(GatewayError);
  const { code, cause, bytesSent, detail } = error as GatewayError;
  expect({ code, bytesSent, detail }).toEqual({ code: "upstream_connect", bytesSent: false, detail: undefined });
  return (cause as Error).message;
}

describe("what needs no lookup", () => {
  test.each([
    ["192.0.2.1", "192.0.2.1"],
    ["2001:db8::1", "2001:db8::1"],
    ["[2001:db8::1]", "2001:db8::1"],
    ["[fe80::1%eth0]", "fe80::1%eth0"],
  ])("%s is itself", (host, expected) => {
    const { resolver, asked } = setUp(host);
    expect(resolver.next()).toBe(expected);
    resolver.failed(expected);
    expect(resolver.next()).toBe(expected);
    expect(resolver.current()).toEqual([expected]);
    expect(asked).toEqual([]);
  });

  test("localhost is the IPv4 loopback, and the IPv6 one while that fails", () => {
    const { resolver, clock, asked } = setUp("localhost");
    expect(nextOf(resolver, 3)).toEqual(["127.0.0.1", "127.0.0.1", "127.0.0.1"]);
    resolver.failed("127.0.0.1");
    expect(resolver.next()).toBe("::1");
    clock.ms += 10_000;
    expect(resolver.next()).toBe("127.0.0.1");
    expect(asked).toEqual([]);
  });
});

describe("a name", () => {
  test("is looked up once for all who wait, then known without a promise", async () => {
    const { resolver, asked, answer } = setUp();
    expect(resolver.current()).toEqual([]);
    const waiting = nextOf(resolver, 3);
    await answer("10.0.0.1", "10.0.0.2");
    expect(await Promise.all(waiting)).toEqual(["10.0.0.1", "10.0.0.2", "10.0.0.1"]);
    expect(nextOf(resolver, 3)).toEqual(["10.0.0.2", "10.0.0.1", "10.0.0.2"]);
    expect(asked).toEqual(["users.internal"]);
  });

  test("IPv4 comes before IPv6, repeated addresses count once", async () => {
    const { resolver, answer } = setUp();
    const first = resolver.next();
    await answer("2001:db8::1", "10.0.0.1", "10.0.0.1", "2001:db8::2", "10.0.0.2");
    await first;
    expect(resolver.current()).toEqual(["10.0.0.1", "10.0.0.2", "2001:db8::1", "2001:db8::2"]);
    expect(nextOf(resolver, 4)).toEqual(["10.0.0.2", "10.0.0.1", "10.0.0.2", "10.0.0.1"]);
  });

  test("only IPv6: these are taken in turn", async () => {
    const { resolver, answer } = setUp();
    const first = resolver.next();
    await answer("2001:db8::1", "2001:db8::2");
    expect([await first, ...nextOf(resolver, 2)]).toEqual(["2001:db8::1", "2001:db8::2", "2001:db8::1"]);
  });

  test("is looked up again in the background when its time is over, the old answer serving meanwhile", async () => {
    const { resolver, clock, asked, answer } = setUp();
    const first = resolver.next();
    await answer("10.0.0.1");
    await first;
    clock.ms += TTL - 1;
    expect(resolver.next()).toBe("10.0.0.1");
    expect(asked).toHaveLength(1);
    clock.ms += 1;
    expect(nextOf(resolver, 3)).toEqual(["10.0.0.1", "10.0.0.1", "10.0.0.1"]);
    expect(asked).toHaveLength(2);
    await answer("10.0.0.9");
    expect(resolver.next()).toBe("10.0.0.9");
    expect(resolver.current()).toEqual(["10.0.0.9"]);
    clock.ms += TTL - 1;
    resolver.next();
    expect(asked).toHaveLength(2);
  });

  test("keeps the old addresses while lookups fail, and asks once a second", async () => {
    const { resolver, clock, asked, answer, fail } = setUp();
    const first = resolver.next();
    await answer("10.0.0.1");
    await first;
    clock.ms += TTL;
    resolver.next();
    await fail("SERVFAIL");
    clock.ms += 999;
    expect(resolver.next()).toBe("10.0.0.1");
    expect(asked).toHaveLength(2);
    clock.ms += 1;
    expect(resolver.next()).toBe("10.0.0.1");
    expect(asked).toHaveLength(3);
    await answer();
    expect(resolver.current()).toEqual(["10.0.0.1"]);
    clock.ms += 1_000;
    resolver.next();
    await answer("10.0.0.2");
    expect(resolver.next()).toBe("10.0.0.2");
  });
});

describe("a connect failure", () => {
  test("passes the address over for ten seconds, and asks again at once", async () => {
    const { resolver, clock, asked, answer } = setUp();
    const first = resolver.next();
    await answer("10.0.0.1", "10.0.0.2", "10.0.0.3");
    await first;
    clock.ms += 1_000;
    resolver.failed("10.0.0.2");
    expect(asked).toHaveLength(2);
    await answer("10.0.0.1", "10.0.0.2", "10.0.0.3");
    expect(new Set(nextOf(resolver, 9))).toEqual(new Set(["10.0.0.1", "10.0.0.3"]));
    clock.ms += 9_999;
    expect(nextOf(resolver, 9)).not.toContain("10.0.0.2");
    clock.ms += 1;
    expect(nextOf(resolver, 9)).toContain("10.0.0.2");
  });

  test("of every IPv4 address leads to IPv6, of all to the one that failed first", async () => {
    const { resolver, clock, answer } = setUp();
    const first = resolver.next();
    await answer("10.0.0.1", "10.0.0.2", "2001:db8::1");
    await first;
    resolver.failed("10.0.0.2");
    resolver.failed("10.0.0.1");
    expect(nextOf(resolver, 2)).toEqual(["2001:db8::1", "2001:db8::1"]);
    resolver.failed("2001:db8::1");
    expect(resolver.next()).toBe("10.0.0.2");
    clock.ms += 1;
    resolver.failed("10.0.0.2");
    expect(resolver.next()).toBe("10.0.0.1");
  });

  test("is forgotten with the address", async () => {
    const { resolver, clock, answer } = setUp();
    const first = resolver.next();
    await answer("10.0.0.1", "10.0.0.2");
    await first;
    clock.ms += 1_000;
    resolver.failed("10.0.0.1");
    await answer("10.0.0.2", "10.0.0.3");
    clock.ms += 1_000;
    resolver.failed("10.0.0.3");
    await answer("10.0.0.1", "10.0.0.2");
    expect(new Set(nextOf(resolver, 4))).toEqual(new Set(["10.0.0.1", "10.0.0.2"]));
  });

  test("of an address that is none of these changes nothing", async () => {
    const { resolver, clock, asked, answer } = setUp();
    const first = resolver.next();
    await answer("10.0.0.1");
    await first;
    clock.ms += 1_000;
    resolver.failed("10.0.0.77");
    resolver.failed("");
    expect(asked).toHaveLength(1);
  });

  test("many at once ask once", async () => {
    const { resolver, clock, asked, answer } = setUp();
    const first = resolver.next();
    await answer("10.0.0.1");
    await first;
    clock.ms += 1_000;
    for (let i = 0; i < 50; i++) resolver.failed("10.0.0.1");
    await answer("10.0.0.1");
    for (let i = 0; i < 50; i++) resolver.failed("10.0.0.1");
    expect(asked).toHaveLength(2);
  });
});

describe("a name that cannot be resolved", () => {
  test("is refused with the cause, for a second without asking again", async () => {
    const { resolver, clock, asked, answer, fail } = setUp();
    const first = causeOf(resolver.next());
    await fail("ENOTFOUND");
    expect(await first).toBe("ENOTFOUND");
    expect(await causeOf(resolver.next())).toBe("ENOTFOUND");
    expect(asked).toHaveLength(1);
    clock.ms += 1_000;
    const later = resolver.next();
    await answer("10.0.0.1");
    expect(await later).toBe("10.0.0.1");
  });

  test("an answer without an address is a failure", async () => {
    const { resolver, answer } = setUp();
    const first = causeOf(resolver.next());
    await answer();
    expect(await first).toBe("users.internal has no address");
  });

  test("a lookup that throws is a failure", async () => {
    const lookup: Lookup = () => {
      throw new Error("broken");
    };
    const resolver = createResolver("users.internal", { ttlMs: TTL, lookup, now: () => 0 });
    expect(await causeOf(resolver.next())).toBe("broken");
  });

  test("nobody waits past the deadline, and a late answer still counts", async () => {
    const { resolver, clock, asked, answer } = setUp("users.internal", 1);
    expect(await causeOf(resolver.next())).toBe("users.internal was not resolved within 1 ms");
    clock.ms += 20_000;
    expect(await causeOf(resolver.next())).toBe("users.internal was not resolved within 1 ms");
    expect(asked).toHaveLength(1);
    await answer("10.0.0.1");
    expect(resolver.next()).toBe("10.0.0.1");
  });

  test("a lookup that never ends is given up after a minute, and its answer is then ignored", async () => {
    const clock = { ms: 0 };
    const answers: ((value: Awaited<ReturnType<Lookup>>) => void)[] = [];
    const lookup: Lookup = () => new Promise((resolve) => answers.push(resolve));
    const resolver = createResolver("users.internal", { ttlMs: TTL, lookup, deadlineMs: 1, now: () => clock.ms });
    await causeOf(resolver.next());
    clock.ms = 60_000;
    const later = resolver.next();
    expect(answers).toHaveLength(2);
    answers[1]?.([{ address: "10.0.0.2", family: 4 }]);
    expect(await later).toBe("10.0.0.2");
    answers[0]?.([{ address: "10.0.0.1", family: 4 }]);
    await settled();
    expect(resolver.current()).toEqual(["10.0.0.2"]);
  });
});

describe("the system's resolver", () => {
  test("knows localhost from the hosts file", async () => {
    const answer = await systemLookup("localhost");
    expect(answer.length).toBeGreaterThan(0);
    for (const { address, family } of answer) expect(address).toBe(family === 4 ? "127.0.0.1" : "::1");
  });

  test("refuses a name that does not exist, in time", async () => {
    const resolver = createResolver("nothing.invalid", { ttlMs: TTL, deadlineMs: 2_000 });
    expect(await causeOf(resolver.next())).not.toBe("");
  });
});
