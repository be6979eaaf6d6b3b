import { type Loaded, loadConfig } from "../../src/config/load.ts";
import { formatProblems } from "../../src/config/report.ts";
import type { Edge } from "../../src/edge/edge.ts";
import { listenEdge } from "../../src/edge/listen.ts";
import { Gateway } from "../../src/gateway.ts";
import type { Family } from "../../src/observe/metrics/family.ts";
import { type KnownOperations, knownOperations } from "../../src/openapi/known-operations.ts";
import type { Plugin } from "../../src/plugin.ts";
import { createRegistry } from "../../src/registry/registry.ts";
import { createTestLasting, type LogLine, type TestClock } from "../../src/testing/lasting.ts";
import { readMetrics, type TestMetrics } from "../../src/testing/metrics.ts";
import { type TempFolder, tempFolder } from "./temp.ts";
import { PATIENCE_MS, until } from "./until.ts";

const PLUGINS = new URL("../../plugins", import.meta.url).pathname;

/** The gateway with its listeners in the process of the test: quick to start, on real sockets. */
export interface InProcessGateway extends AsyncDisposable {
  /** Of the first listener. */
  readonly port: number;
  /** Of each listener, in the order of the configuration. */
  readonly ports: readonly number[];
  /** Each listener, in the order of the configuration. */
  readonly edges: readonly Edge[];
  /** The wall clock; it stands still until a test moves it. Timeouts take no notice of it. */
  readonly clock: TestClock;
  /** What it knows of the services' operations. */
  readonly documents: KnownOperations;
  /** Every line that it logged so far. */
  readonly logs: readonly LogLine[];
  /** Goes by this gateway.yaml from now on; rejects if it is invalid or plugins cannot be set up. */
  reload(yaml: string): Promise<void>;
  readonly gateway: Gateway;
  /** Every metric that it has so far. */
  families(): readonly Family[];
  /** What a plugin has counted so far. */
  metricsOf(plugin: string): TestMetrics;
  /** Resolves with the first line, past or to come, that the function says yes to. */
  waitForLog(find: (line: LogLine) => boolean, timeout?: number): Promise<LogLine>;
  /** Stops listening; requests in flight get that many ms, none unless told. */
  stop(drainMs?: number): Promise<void>;
}

/** Starts this gateway.yaml; without a `listen:` of its own it gets a free port on 127.0.0.1. Rejects if it is invalid. `files` are beside it. */
export async function startInProcess(
  yaml: string,
  files: Readonly<Record<string, string>> = {},
): Promise<InProcessGateway> {
  using folder = tempFolder();
  const loaded = await load(yaml, folder, files);
  const lasting = createTestLasting();
  const gateway = await Gateway.create(loaded, lasting);
  await gateway.start();
  const edges = loaded.config.listen.map((listen) => listenEdge(listen, gateway, { log: lasting.log }));

  const stop = async (drainMs = 0) => {
    await Promise.all(edges.map((edge) => edge.stop(drainMs)));
    await gateway.close();
  };
  const latest = () => JSON.stringify(lasting.logs.slice(-20));
  return {
    port: edges[0]?.port ?? 0,
    ports: edges.map((edge) => edge.port),
    edges,
    clock: lasting.clock,
    documents: knownOperations(lasting),
    logs: lasting.logs,
    gateway,
    reload: async (next) => {
      using another = tempFolder();
      await gateway.reload(await load(next, another, {}));
    },
    families: () => lasting.metrics.collect(),
    metricsOf: (plugin) => readMetrics(lasting.metrics, plugin),
    waitForLog: (find, timeout = PATIENCE_MS) =>
      until(() => lasting.logs.find(find), { timeout, what: () => `such a line was logged: ${latest()}` }),
    stop,
    [Symbol.asyncDispose]: () => stop(),
  };
}

async function load(
  yaml: string,
  folder: TempFolder,
  files: Readonly<Record<string, string>>,
): Promise<Loaded<Plugin>> {
  for (const [name, content] of Object.entries(files)) folder.write(name, content);
  const text = /^listen:/m.test(yaml) ? yaml : `listen: { host: 127.0.0.1, port: 0 }\n${yaml}`;
  const file = folder.write("gateway.yaml", text);
  const loaded = await loadConfig<Plugin>(file, { env: {}, plugins: await createRegistry(PLUGINS) });
  if (!loaded.ok) throw new Error(formatProblems(loaded.problems, false));
  return loaded;
}
