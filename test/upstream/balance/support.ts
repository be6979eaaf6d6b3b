import { expect } from "bun:test";
import { Context, type Principal } from "../../../src/context.ts";
import { Body } from "../../../src/message/body.ts";
import { HeaderList } from "../../../src/message/headers.ts";
import type { Balancer } from "../../../src/upstream/balance/balancer.ts";
import type { Balanced } from "../../../src/upstream/balance/strategy.ts";

export interface TestTarget extends Balanced {
  inFlight: number;
}

/** Targets named a, b, c, … with these weights. */
export function targetsOf(...weights: number[]): TestTarget[] {
  return weights.map((weight, i) => ({ url: `http://${String.fromCharCode(97 + i)}:80`, weight, inFlight: 0 }));
}

export interface TestRequest {
  readonly headers?: Readonly<Record<string, string>> | readonly (readonly [string, string])[];
  readonly query?: string;
  readonly clientAddress?: string;
  readonly principal?: string;
}

export function contextOf(init: TestRequest = {}): Context {
  const clientAddress = init.clientAddress ?? "192.0.2.1";
  const request = {
    method: "GET",
    scheme: "http" as const,
    host: "api.example.com",
    path: "/",
    query: init.query,
    version: "1.1",
    headers: HeaderList.of(init.headers ?? {}),
    body: Body.empty,
    peer: { address: "192.0.2.1", port: 1, clientAddress, isTrustedProxy: false },
  };
  const ctx = new Context(request, 0);
  if (init.principal !== undefined) ctx.principal = principalOf(init.principal);
  return ctx;
}

/** mulberry32: uniform in [0, 1), the same sequence for the same seed. */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** How often each target is picked for one request after the other. */
export function countPicks(
  balancer: Balancer<TestTarget>,
  requests: Iterable<Context>,
  tried: readonly TestTarget[] = [],
): Map<TestTarget | undefined, number> {
  const counts = new Map<TestTarget | undefined, number>();
  for (const ctx of requests) {
    const target = balancer.pick(ctx, tried);
    counts.set(target, (counts.get(target) ?? 0) + 1);
  }
  return counts;
}

export function* repeated(times: number, ctx: Context = contextOf()): Iterable<Context> {
  for (let i = 0; i < times; i++) yield ctx;
}

/** Holds each target to its share of the picks, within 4.5 standard deviations of a binomial draw. */
export function expectShares(
  counts: ReadonlyMap<TestTarget | undefined, number>,
  targets: readonly TestTarget[],
  shares: readonly number[],
): void {
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  for (const [i, target] of targets.entries()) {
    const share = shares[i] as number;
    const deviation = Math.abs((counts.get(target) ?? 0) - total * share);
    expect(deviation).toBeLessThanOrEqual(4.5 * Math.sqrt(total * share * (1 - share)));
  }
}

function principalOf(id: string): Principal {
  return { id, source: "test", scopes: [], claims: {} };
}
