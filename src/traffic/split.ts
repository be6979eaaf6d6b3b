import type { RouteConfig } from "../config/schema.ts";
import type { Outcome } from "../context/outcome.ts";
import type { Context } from "../context.ts";
import { ERRORS } from "../errors.ts";
import type { Awaitable, Phases } from "../plugin.ts";
import { weightedChoice } from "../routing/split.ts";
import type { Lasting } from "../scope.ts";
import { hashKeyReader } from "../upstream/balance/hash-key.ts";
import { Canary } from "./canary.ts";
import type { CanaryOrder } from "./canary-record.ts";
import type { CanaryReport, CanaryView } from "./canary-report.ts";
import { CanaryWatch } from "./canary-watch.ts";
import { rendezvous } from "./rendezvous.ts";
import { createStickyKey } from "./sticky.ts";

/** One of the services that a route leads to; undefined: a plugin answers. */
export interface Variant {
  readonly service: string | undefined;
  readonly weight: number;
}

/** How a request gets its variant. Without an index nothing in the request decides. */
export interface Choice {
  readonly by: "only" | "force" | "sticky" | "lot";
  readonly index: number | undefined;
}

/** How the requests of a route are shared out among its services. */
export interface Split {
  /** One at least. */
  readonly variants: readonly Variant[];
  /** The index of the variant for a request. */
  readonly choose: (ctx: Context) => number;
  /** How that index is found, without a lot being drawn; for those who look at a request only. */
  readonly explain: (ctx: Context) => Choice;
  /** What each variant gets of the requests that are drawn by lot now; from 0 to 1, together 1. */
  readonly shares: () => readonly number[];
  /** What is to be done with replies besides; of a client that is given a number, to tell it. */
  readonly phases: Phases | undefined;
  /** Told how a request to that variant has ended; undefined if nobody wants to know. */
  readonly observe: ((index: number, outcome: Outcome) => void) | undefined;
  readonly canary: SplitCanary | undefined;
  /** Begins what goes on by itself. Resolves when it is known what other gateways have decided; never rejects. */
  start(signal: AbortSignal): Awaitable<void>;
}

/** The canary of a route. */
export interface SplitCanary {
  /** Of the run that it is; the same on every gateway with the same configuration of it, and on no other. */
  readonly run: string;
  report(): CanaryReport;
  view(): CanaryView;
  /** Goes by what an operator has decided, unless it knows of something newer. */
  obey(order: CanaryOrder): void;
}

/** Makes the split of a route. */
export function createSplit(route: RouteConfig, name: string, lasting: Lasting): Split {
  const { weighted, service, canary: config } = route;
  if (config !== undefined) return canarySplit(route, name, lasting);
  const variants = weighted ?? [{ service, weight: 1 }];
  const weights = variants.map(({ weight }) => weight);
  const draw = weightedChoice(weights, Math.random);
  const names = (weighted ?? []).map((entry) => entry.variant ?? entry.service);
  return { ...chosen(route, names, weights, draw), variants, observe: undefined, canary: undefined, start: () => {} };
}

function canarySplit(route: RouteConfig, name: string, lasting: Lasting): Split {
  const { service, canary: config } = route;
  if (config === undefined || service === undefined) throw new Error(`route ${name} has no canary`);
  const key = `${name}:${Bun.hash.xxHash64(JSON.stringify([service, config])).toString(36)}`;
  const canary = lasting.state(`canary/${key}`, () => new Canary(config, lasting.now));
  const weights = {
    length: 2,
    get 0() {
      return 1 - canary.share;
    },
    get 1() {
      return canary.share;
    },
  };
  const draw = () => (Math.random() < canary.share ? 1 : 0);
  const place = { route: name, service: config.service, key };
  return {
    ...chosen(route, [service, config.service], weights, draw),
    variants: [
      { service, weight: 1 },
      { service: config.service, weight: 0 },
    ],
    observe: (index, outcome) => observe(canary, index, outcome),
    canary: {
      run: key,
      report: () => canary.report(),
      view: () => ({ route: name, against: service, run: key, ...canary.view() }),
      obey: (order) => canary.obey(order),
    },
    start: (signal) => new CanaryWatch(canary, place, lasting.store.of("canary"), lasting.log).start(signal),
  };
}

/**
 * A failure is one of the service: what clients and the gateway itself do wrong says nothing of it, nor does what a plugin
 * answers. Of a client that leaves before the reply it is known that it has waited so long at least.
 */
function observe(canary: Canary, index: number, outcome: Outcome): void {
  const { status, errorCode, attempts, upstreamMs, durationMs } = outcome;
  if (attempts === 0 && (errorCode === undefined || ERRORS[errorCode].source !== "upstream")) return;
  if (errorCode === "client_closed" && upstreamMs === undefined) return canary.add(index === 1, false, durationMs);
  if (errorCode === "internal" || (errorCode !== undefined && ERRORS[errorCode].source === "downstream")) return;
  canary.add(index === 1, errorCode !== undefined || status >= 500, upstreamMs);
}

/** By force, by what a client is known by, or by lot. */
function chosen(
  { sticky, force }: RouteConfig,
  names: readonly string[],
  weights: ArrayLike<number>,
  draw: () => number,
): Pick<Split, "choose" | "explain" | "shares" | "phases"> {
  const known = sticky === undefined ? undefined : createStickyKey(sticky);
  const byKey = known === undefined ? undefined : rendezvous(names);
  const forced = force === undefined ? () => undefined : forcedIndex(force, names);
  const explain = (ctx: Context): Choice => {
    if (weights.length < 2) return { by: "only", index: 0 };
    const wanted = forced(ctx);
    if (wanted !== undefined) return { by: "force", index: wanted };
    const key = known?.sentBy(ctx);
    if (key === undefined || key === "" || byKey === undefined) return { by: "lot", index: undefined };
    return { by: "sticky", index: byKey(key, weights) };
  };
  const shares = () => {
    const all = Array.from({ length: weights.length }, (_, index) => weights[index] as number);
    const total = all.reduce((sum, weight) => sum + weight, 0);
    return all.map((weight) => weight / total);
  };
  const given = (ctx: Context): number => {
    const key = known?.keyOf(ctx);
    return key === undefined || key === "" || byKey === undefined ? draw() : byKey(key, weights);
  };
  const common = { explain, shares, phases: known?.phases };
  if (force === undefined) return { ...common, choose: known === undefined ? draw : given };
  return { ...common, choose: (ctx) => forced(ctx) ?? given(ctx) };
}

/** The variant that a request names, if it names one that there is. */
function forcedIndex(
  force: NonNullable<RouteConfig["force"]>,
  names: readonly string[],
): (ctx: Context) => number | undefined {
  const indexes = new Map(names.map((name, index) => [name, index]));
  const wanted = hashKeyReader(force);
  return (ctx) => {
    const want = wanted(ctx);
    return want === undefined ? undefined : indexes.get(want);
  };
}
