import type { Loaded } from "../config/load.ts";
import { positionOf } from "../config/source.ts";
import { Gateway } from "../gateway.ts";
import type { Plugin } from "../plugin.ts";
import type { CompiledRoute } from "../snapshot.ts";
import { compileForShow } from "./compile-for-show.ts";
import { readOnce } from "./flags.ts";
import type { CliIo } from "./io.ts";
import { loadValid } from "./load-valid.ts";

const USAGE = "usage: bun run gateway routes [--config FILE] [--json]   (FILE is gateway.yaml if it is not given)\n";
const FLAGS = { config: "value", json: "switch" } as const;
const HEADINGS = ["METHODS", "PATH", "TO", "PLUGINS", "WRITTEN"] as const;

/** A route as it is printed. */
interface Row {
  readonly name: string;
  readonly methods: readonly string[];
  readonly host?: string | undefined;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly query?: Readonly<Record<string, string>> | undefined;
  readonly services: readonly { readonly name: string; readonly weight: number }[];
  /** In the order in which they run within a phase, inherited ones too. */
  readonly plugins: readonly string[];
  /** File and line. */
  readonly place: string | undefined;
}

/**
 * Prints every route of a configuration in the order of its files, with the plugins that each has in the end. Nothing is
 * started. 0, or 1 if the configuration is not valid, 2 if the command itself is not understood.
 */
export async function routes(args: readonly string[], io: CliIo): Promise<number> {
  const flags = readOnce(args, FLAGS);
  if (typeof flags === "string") {
    io.err(`${flags}\n\n${USAGE}`);
    return 2;
  }
  const file = flags.values.get("config")?.[0] ?? "gateway.yaml";
  const loaded = await loadValid(file, io);
  if (loaded === undefined) return 1;
  const gateway = await compileForShow(loaded);
  if (!(gateway instanceof Gateway)) {
    io.err(`${gateway.join("\n")}\n`);
    return 1;
  }
  const rows = gateway.snapshot.routes.map((route) => rowOf(route, loaded));
  await gateway.close();
  io.out(flags.values.has("json") ? `${JSON.stringify({ routes: rows }, null, 2)}\n` : tableOf(rows));
  return 0;
}

function rowOf({ info, config, split, plugins }: CompiledRoute, { placeOf }: Loaded<Plugin>): Row {
  const place = placeOf(config);
  return {
    name: info.name,
    methods: config.methods ?? [],
    host: config.host,
    path: config.path,
    headers: config.headers,
    query: config.query,
    services: split.variants.flatMap(({ service, weight }) =>
      service === undefined ? [] : [{ name: service, weight }],
    ),
    plugins: plugins.map(({ name }) => name),
    place: place === undefined ? undefined : `${place.source.name}:${positionOf(place).line}`,
  };
}

function tableOf(rows: readonly Row[]): string {
  if (rows.length === 0) return "there are no routes\n";
  const lines = [HEADINGS, ...rows.map(cellsOf)];
  const widths = HEADINGS.map((_, column) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0)));
  const text = lines.map((cells) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  return `${text.join("\n")}\n`;
}

function cellsOf({ methods, host = "", path, headers = {}, query = {}, services, plugins, place = "" }: Row) {
  const conditions = [
    ...Object.entries(headers).map(([name, value]) => ` ${name}: ${value}`),
    ...Object.entries(query).map(([name, value]) => ` ?${name}=${value}`),
  ];
  const shares = services.length > 1;
  const to = services.map(({ name, weight }) => (shares ? `${name} ×${weight}` : name));
  return [
    methods.join(",") || "any",
    `${host}${path}${conditions.join("")}`,
    to.join(", ") || "-",
    plugins.join(", ") || "-",
    place,
  ];
}
