import type { TrackReport } from "../../../src/history/track.ts";
import { Random } from "../../fuzz/random.ts";
import { RSA } from "../../plugins/jwt/tokens.ts";
import { startBlackHole } from "../black-hole.ts";
import { type GatewayProcess, startGateway } from "../gateway.ts";
import { metricsOf } from "../metrics.ts";
import { type Collector, startCollector } from "../otlp/collector.ts";
import { tempFolder } from "../temp.ts";
import { until } from "../until.ts";
import { startUpstream, type Upstream } from "../upstream.ts";
import { adminJson } from "../workers.ts";
import { ANSWERED_KINDS } from "./answered-kinds.ts";
import { BROKEN_KINDS } from "./broken-kinds.ts";
import { CACHE_KINDS } from "./cache-kinds.ts";
import { type Incident, lieInErrors, lieInHistory, lieInLimited } from "./check-admin.ts";
import { lieInExplain } from "./check-explain.ts";
import { lieInLog, linesById } from "./check-log.ts";
import { lieInMetrics, sumOf } from "./check-metrics.ts";
import { lieInPool } from "./check-pools.ts";
import { lieInReplies } from "./check-replies.ts";
import { lieInTraces } from "./check-traces.ts";
import { DOCUMENT, truthYaml } from "./config.ts";
import { stopUnderWay } from "./drain.ts";
import { EDGE_KINDS } from "./edge-kinds.ts";
import { GONE_KINDS } from "./gone-kinds.ts";
import { HTTP2_KINDS } from "./http2-kinds.ts";
import { type Kind, Lane, WAIT } from "./lane.ts";
import { FULL_KINDS, PLUGIN_KINDS } from "./plugin-kinds.ts";
import { reloadMeanwhile } from "./reloads.ts";
import { SHARED_KINDS } from "./shared-kinds.ts";
import { WHOLE_KINDS } from "./whole-kinds.ts";
import { World } from "./world.ts";

const KINDS: readonly Kind[] = [
  ...WHOLE_KINDS,
  ...ANSWERED_KINDS,
  ...BROKEN_KINDS,
  ...GONE_KINDS,
  ...SHARED_KINDS,
  ...CACHE_KINDS,
  ...PLUGIN_KINDS,
  ...EDGE_KINDS,
  ...HTTP2_KINDS,
];

/** A gateway between two ends that the test has in its hands. */
export interface Stage extends AsyncDisposable {
  readonly gateway: GatewayProcess;
  readonly world: World;
  readonly yaml: string;
  /** Runs every kind so many times, in an order that the seed decides, with so many clients at a time. */
  run(seed: number, times: number, lanes: number): Promise<void>;
  /** Those that need the gateway for themselves. */
  runAlone(): Promise<void>;
  /** Stops it while requests are under way: every way in which its log and its traces differ from the wire then. */
  stop(): Promise<readonly string[]>;
  /** When the gateway is at rest: every way in which one of its views differs from the wire. */
  lies(): Promise<readonly string[]>;
}

export async function startStage(workers: number): Promise<Stage> {
  await using cleanup = new AsyncDisposableStack();
  const world = new World();
  const whole = cleanup.use(startUpstream(world.script));
  const other = cleanup.use(startUpstream(world.script));
  const early = cleanup.use(startUpstream(world.script, { atHead: true }));
  const hole = cleanup.use(await startBlackHole());
  const collector = cleanup.use(startCollector());
  const folder = tempFolder();
  cleanup.defer(() => folder.remove());
  folder.write("mock.json", DOCUMENT);
  const yaml = truthYaml({ whole, other, early, hole, collector }, workers, RSA.pem);
  const gateway = cleanup.use(await startGateway(yaml, { folder: folder.path, timeout: 60_000 }));
  await order(gateway, "plugins/circuit-breaker", { service: "tripped", target: whole.url, state: "open" });
  await order(gateway, "drain", { service: "drained", target: whole.url, force: true });
  // The first interval of the history says nothing of when it began.
  await until(async () => (await historyOf(gateway)).at.length > 0, WAIT);
  // From here on it is the stage's.
  const owned = cleanup.move();
  const kinds = KINDS.filter(({ isForOneProcess }) => isForOneProcess !== true || workers === 1);
  return {
    gateway,
    world,
    yaml,
    run: async (seed, times, lanes) => {
      await reloadMeanwhile(gateway, runKinds(world, gateway, kinds, seed, times, lanes));
    },
    runAlone: () => runAll(new Lane(world, gateway, new Random(1)), FULL_KINDS),
    lies: () => liesOf(world, gateway, yaml, collector, [whole, other, early]),
    stop: async () => {
      const code = await stopUnderWay(world, gateway);
      const lies = [
        ...lieInLog(world, gateway.logs),
        ...lieInReplies(world),
        ...lieInTraces(world, gateway.logs, collector.spans),
      ];
      return code === 0 ? lies : [...lies, `it ended with ${code}`];
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function order({ adminPort }: GatewayProcess, path: string, what: object): Promise<void> {
  const url = `http://127.0.0.1:${adminPort}/api/${path}`;
  const response = await fetch(url, { method: "POST", body: JSON.stringify(what) });
  if (!response.ok) throw new Error(`${path} was not ordered: ${await response.text()}`);
}

const historyOf = (gateway: GatewayProcess) => adminJson<TrackReport>(gateway, "/api/history");

async function runKinds(
  world: World,
  gateway: GatewayProcess,
  kinds: readonly Kind[],
  seed: number,
  times: number,
  lanes: number,
) {
  const random = new Random(seed);
  const order = shuffled(Array.from({ length: times }, () => kinds).flat(), random);
  const runs = Array.from({ length: lanes }, (_, index) => {
    const lane = new Lane(world, gateway, new Random(seed * 1_000 + index));
    return runAll(
      lane,
      order.filter((_, at) => at % lanes === index),
    );
  });
  await Promise.all(runs);
}

/** The same values in another order. */
function shuffled<T>(values: readonly T[], random: Random): readonly T[] {
  const keyed = values.map((value) => ({ value, key: random.below(2 ** 30) }));
  return keyed.sort((a, b) => a.key - b.key).map(({ value }) => value);
}

async function runAll(lane: Lane, kinds: readonly Kind[]): Promise<void> {
  for (const kind of kinds) {
    try {
      await kind.run(lane);
    } catch (cause) {
      throw new Error(`"${kind.name}" went wrong: ${cause instanceof Error ? cause.message : cause}`, { cause });
    }
  }
  lane.drop();
}

async function liesOf(
  world: World,
  gateway: GatewayProcess,
  yaml: string,
  collector: Collector,
  targets: readonly Upstream[],
) {
  const logged = world.exchanges.filter(({ isBare }) => !isBare);
  const hasAll = () => {
    const lines = linesById(gateway.logs);
    return logged.every(({ id }) => lines.has(id));
  };
  await until(hasAll, WAIT).catch(() => undefined);
  const { metrics, pools } = await atRest(gateway, targets);
  const ofHistory = async () => lieInHistory(world, await historyOf(gateway)).length === 0 || undefined;
  await until(ofHistory, { timeout: 10_000 }).catch(() => undefined);
  const { errors } = await adminJson<{ errors: readonly Incident[] }>(gateway, "/api/errors?limit=500");
  const { clients } = await adminJson<{ clients: readonly Incident[] }>(gateway, "/api/limited");
  return [
    ...lieInLog(world, gateway.logs),
    ...lieInReplies(world),
    ...(await lieInExplain(world, yaml)),
    ...lieInMetrics(world, gateway.logs, metrics),
    ...pools,
    ...lieInTraces(world, gateway.logs, collector.spans),
    ...lieInErrors(world, gateway.logs, errors),
    ...lieInLimited(world, clients),
    ...lieInHistory(world, await historyOf(gateway)),
  ];
}

/** When nothing is under way any more: the metrics, and how they differ from what targets know of their connections at that moment. */
async function atRest(gateway: GatewayProcess, targets: readonly Upstream[]) {
  const look = async () => {
    const metrics = await metricsOf(gateway);
    return { metrics, pools: targets.flatMap((target) => lieInPool(metrics, target)) };
  };
  const isQuiet = ({ metrics, pools }: Awaited<ReturnType<typeof look>>) =>
    ["sluice_requests_in_flight", "sluice_listener_connections", "sluice_trace_spans_waiting"].every(
      (name) => sumOf(metrics, name) === 0,
    ) && pools.length === 0;
  const quiet = async () => {
    const seen = await look();
    return isQuiet(seen) ? seen : undefined;
  };
  // Where it is never so, that is told.
  return await until(quiet, WAIT).catch(look);
}
