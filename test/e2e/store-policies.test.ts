import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type RedisServer, startRedis } from "../support/redis.ts";
import { type SlowProxy, startSlowProxy } from "../support/slow-proxy.ts";
import {
  expectUsual,
  type FaultKind,
  holdUntil,
  type PolicyGateway,
  startPolicyGateway,
  untilHeld,
  untilUsual,
} from "../support/store-policies.ts";

let redis: RedisServer;
let proxy: SlowProxy;
let gateway: PolicyGateway;
let slowed: PolicyGateway;

beforeAll(async () => {
  // What it had it has again after a restart.
  redis = await startRedis({ args: ["--appendonly", "yes"] });
  proxy = startSlowProxy(redis.port);
  [gateway, slowed] = await Promise.all([
    startPolicyGateway(`{ url: "${redis.url}", command-timeout: 500ms }`),
    startPolicyGateway(`{ url: "redis://127.0.0.1:${proxy.port}", command-timeout: 500ms }`),
  ]);
}, 60_000);

afterAll(async () => {
  await Promise.all([gateway[Symbol.asyncDispose](), slowed[Symbol.asyncDispose]()]);
  proxy[Symbol.dispose]();
  await redis[Symbol.asyncDispose]();
});

interface Fault extends FaultKind {
  readonly what: string;
  /** What the list of keys is answered with. */
  readonly listed: readonly number[];
  readonly begin: () => unknown;
  readonly end: () => unknown;
}

const FAULTS: readonly Fault[] = [
  {
    what: "is killed",
    fails: "everything",
    listed: [503],
    begin: () => redis.kill(),
    end: () => redis.restart(),
  },
  {
    what: "hangs",
    fails: "everything",
    listed: [503],
    begin: () => redis.hang(),
    end: () => redis.resume(),
  },
  {
    what: "is read-only",
    fails: "writes",
    // Whoever has written is connected to anew, and others have to wait for that.
    mayFail: "reads",
    listed: [200, 503],
    begin: () => redis.cli("replicaof", "127.0.0.1", "1"),
    end: () => redis.cli("replicaof", "no", "one"),
  },
  {
    what: "is full",
    fails: "writes",
    listed: [200],
    begin: () => redis.cli("config", "set", "maxmemory", "1"),
    end: () => redis.cli("config", "set", "maxmemory", "0"),
  },
];

describe("every policy of every plugin holds, in time, and all is well again by itself", () => {
  test.each(FAULTS)(
    "when Redis $what",
    async (fault) => {
      await fault.begin();
      try {
        await untilHeld(gateway, fault);
        const [revoked, issued, listed = 0] = await gateway.askAdmin();
        expect([revoked, issued]).toEqual([503, 503]);
        expect(fault.listed).toContain(listed);
      } finally {
        await fault.end();
      }
      await untilUsual(gateway);
      await gateway.revokeAnother();
      expect(await gateway.askAdmin()).toEqual([200, 201, 200]);
    },
    60_000,
  );

  test("when Redis is slow, and when it is slower than it may be", async () => {
    proxy.delayMs = 25;
    await expectUsual(slowed);
    proxy.delayMs = 1_000;
    await untilHeld(slowed, { fails: "everything" });
    proxy.delayMs = 0;
    await untilUsual(slowed);
    await slowed.revokeAnother();
  }, 60_000);

  test("when Redis restarts under load", async () => {
    let isRestarted = false;
    const restart = async () => {
      await redis.kill();
      await redis.restart();
      isRestarted = true;
    };
    await Promise.all([restart(), holdUntil(() => isRestarted, gateway)]);
    await untilUsual(gateway);
    await gateway.revokeAnother();
  }, 60_000);
});
