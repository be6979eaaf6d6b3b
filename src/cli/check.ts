import { type Loaded, loadConfig } from "../config/load.ts";
import type { PluginDescription } from "../config/plugin-lookup.ts";
import { counted, countProblems, formatProblems } from "../config/report.ts";
import type { Plugin } from "../plugin.ts";
import { createRegistry } from "../registry/registry.ts";
import type { CliIo } from "./io.ts";
import { PLUGINS_DIRECTORY } from "./project.ts";
import { setupFaults } from "./trial.ts";

const USAGE = "usage: bun run gateway check [FILE]   (FILE is gateway.yaml if it is not given)\n";

/**
 * Reads a configuration as the gateway would. Valid: a summary, and 0. Else every problem on standard error, their
 * number on the last line, and 1. 2 if the command itself is not understood.
 */
export async function check(args: readonly string[], io: CliIo): Promise<number> {
  const [file = "gateway.yaml", ...rest] = args;
  if (rest.length > 0 || file.startsWith("-")) {
    io.err(USAGE);
    return 2;
  }
  const plugins = await createRegistry(PLUGINS_DIRECTORY);
  const result = await loadConfig<Plugin>(file, { env: io.env, plugins, directory: io.cwd });
  if (result.problems.length > 0) io.err(`${formatProblems(result.problems, io.isTerminal)}\n`);
  if (!result.ok) {
    io.err(`${file} is not valid: ${countProblems(result.problems)}\n`);
    return 1;
  }
  const faults = await setupFaults(result);
  if (faults.length > 0) {
    io.err(`${faults.join("\n")}\n${file} is not valid: ${counted(faults.length, "error")}\n`);
    return 1;
  }
  io.out(summary(file, result));
  return 0;
}

function summary(file: string, { config, plugins, files, problems }: Loaded<PluginDescription>): string {
  const listeners = config.listen.map(
    ({ host, port, tls }) => `${tls === undefined ? "http" : "https"}://${host}:${port}`,
  );
  const services = Object.entries(config.services).map(([name, { targets, discover }]) => {
    const found = discover === undefined ? "" : ", and those it discovers";
    return `${name} (${counted(targets.length, "target")}${found})`;
  });
  const lines = [
    `${file} is valid${problems.length === 0 ? "" : `, with ${countProblems(problems)}`}`,
    `  listens on  ${listeners.join(", ")}`,
    `  admin       http://${config.admin.host}:${config.admin.port}`,
    `  services    ${services.join(", ") || "none"}`,
    `  routes      ${config.routes.length}`,
    `  plugins     ${[...plugins.keys()].join(", ") || "none"}`,
  ];
  if (files.length > 1) lines.push(`  files       ${files.length}`);
  return `${lines.join("\n")}\n`;
}
