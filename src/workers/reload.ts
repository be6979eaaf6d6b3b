import { setupProblems } from "../boot.ts";
import type { Loaded } from "../config/load.ts";
import { fileProblem } from "../config/problem.ts";
import type { Config } from "../config/schema.ts";
import type { RootLogger } from "../observe/log.ts";
import type { Plugin } from "../plugin.ts";
import { pluginFile } from "../registry/registry.ts";
import type { Applied } from "../reload/reloader.ts";
import type { WorkerSetup } from "./messages.ts";
import type { Supervisor, WorkersReload } from "./supervisor.ts";
import { type Known, tryOut } from "./trial.ts";

/** What a worker needs of a configuration. */
export function setupOf({
  config,
  plugins,
  directory,
}: Loaded<Plugin>): Pick<WorkerSetup, "config" | "plugins" | "directory"> {
  const files = [...plugins].map(([key, plugin]) => {
    const file = pluginFile(plugin);
    if (file === undefined) throw new Error(`the plugin ${key} has no file`);
    return [key, file] as const;
  });
  return { config, plugins: files, directory };
}

/** Puts a configuration to work in all workers, after it was tried out here. */
export async function applyTo(
  supervisor: Supervisor,
  current: { known: Known; config: Config },
  log: RootLogger,
  next: Loaded<Plugin>,
): Promise<Applied> {
  const trialled = await tryOut(next);
  if (!("routes" in trialled)) return { result: "failed", problems: trialled };
  let outcome: WorkersReload;
  try {
    outcome = await supervisor.reload(setupOf(next));
  } catch (error) {
    return { result: "failed", problems: setupProblems(error, next) };
  }
  const { isRefused, behind } = outcome;
  const problems = [...behind].map(([worker, reason]) =>
    fileProblem(next.files[0] ?? "", `worker ${worker}: ${reason}`),
  );
  if (isRefused) return { result: "failed", problems };
  current.known = trialled;
  current.config = next.config;
  log.configure(next.config.log);
  return { result: behind.size === 0 ? "applied" : "partial", problems };
}
