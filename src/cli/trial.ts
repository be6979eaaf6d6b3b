import type { Loaded } from "../config/load.ts";
import { Gateway } from "../gateway.ts";
import type { Plugin } from "../plugin.ts";
import { compileForShow } from "./compile-for-show.ts";

/** Sets plugins up as for a start, since some find fault with their options only then. The faults as texts. */
export async function setupFaults(loaded: Loaded<Plugin>): Promise<readonly string[]> {
  const gateway = await compileForShow(loaded);
  if (!(gateway instanceof Gateway)) return gateway;
  await gateway.close();
  return [];
}
