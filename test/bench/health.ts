import { Reply } from "../../src/message/reply.ts";
import { createContext } from "../../src/testing/request.ts";
import { Exchange } from "../../src/upstream/exchange.ts";
import { closeService, createService, selectTarget, watchHealth } from "../../src/upstream/service.ts";
import { Target } from "../../src/upstream/target.ts";
import { serviceConfig } from "../upstream/support.ts";

/**
 * Measures what health adds to a request that is answered: the choice among healthy targets, and the outcome that is
 * counted. `bun test/bench/health.ts`.
 */

const ROUNDS = 15;
const REQUESTS = 100_000;
const REPLY = new Reply(200);
const TARGETS = Array.from({ length: 10 }, (_, i) => `http://127.0.0.1:${i + 1}`);
const HEALTH = {
  health: { interval: "1h" },
  "outlier-detection": { latency: {} },
};

const VARIANTS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  nothing: {},
  "health, outlier-detection": HEALTH,
  "slow-start besides": { ...HEALTH, "slow-start": "30s" },
};

/** Microseconds a request; the least of the rounds, as noise only ever adds. */
function measure(balance: string, options: Readonly<Record<string, unknown>>): number {
  const service = createService("s", serviceConfig({ targets: TARGETS, balance, ...options }));
  watchHealth(service);
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const contexts = Array.from({ length: REQUESTS }, () => createContext({}, undefined, undefined));
    const started = Bun.nanoseconds();
    for (const ctx of contexts) {
      selectTarget(service, ctx);
      if (!(ctx.selected instanceof Target)) throw new Error("no target");
      const exchange = new Exchange(ctx, "a", ctx.selected.stats);
      exchange.listener = ctx.selected.health.listener;
      exchange.onReply(1, 1);
      exchange.resolve(REPLY);
    }
    least = Math.min(least, (Bun.nanoseconds() - started) / REQUESTS / 1_000);
  }
  closeService(service);
  return least;
}

// Once for nothing, so that the first one measured is compiled as well as the others.
measure("round-robin", HEALTH);
for (const balance of ["round-robin", "least-request", "random", "consistent-hash"]) {
  const [alone = 0, ...others] = Object.values(VARIANTS).map((options) => measure(balance, options));
  const added = others.map((us, i) => `${Object.keys(VARIANTS)[i + 1]} +${(us - alone).toFixed(3)}`);
  console.log(balance.padEnd(16), `${alone.toFixed(3)} µs a request;`, added.join("; "));
}
