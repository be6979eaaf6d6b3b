import { availableParallelism } from "node:os";
import type { Config } from "./schema.ts";

/**
 * How many processes serve: what a listener says, `auto` being one a core that this process may use. The check of the
 * configuration has seen to it that listeners agree; those that say nothing have the default of 1.
 */
export function workerCount({ listen }: Pick<Config, "listen">, cores: () => number = availableParallelism): number {
  return Math.max(...listen.map(({ workers }) => (workers === "auto" ? cores() : workers)));
}
