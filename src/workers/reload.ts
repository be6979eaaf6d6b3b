import type { Loaded } from "../config/load.ts";
import { fileProblem } from "../config/problem.ts";
import type { Plugin } from "../plugin.ts";
import { pluginFile } from "../registry/registry.ts";
import type { Applied } from "../reload/reloader.ts";
import type { WorkerSetup } from "./messages.ts";
import type { Supervisor } from "./supervisor.ts";
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
  current: { known: Known },
  next: Loaded<Plugin>,
): Promise<Applied> {
  const trialled = await tryOut(next);
  if (!("routes" in trialled)) return { result: "failed", problems: trialled };
  const { isRefused, behind } = await supervisor.reload(setupOf(next));
  const problems = [...behind].map(([worker, reason]) =>
    fileProblem(next.files[0] ?? "", `worker ${worker}: ${reason}`),
  );
  if (isRefused) return { result: "failed", problems };
  current.known = trialled;
  return { result: behind.size === 0 ? "applied" : "partial", problems };
}
