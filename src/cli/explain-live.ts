import type { Config } from "../config/schema.ts";
import type { LiveReport } from "../explain/live-report.ts";
import { liveText } from "../explain/live-text.ts";
import { AdminFault, callAdmin } from "./admin-call.ts";
import type { CliIo } from "./io.ts";

/** Prints what the gateway that runs knows of a request that was followed. 0 if it knows it, else 1. */
export async function printLive(id: string, config: Config, isJson: boolean, io: CliIo): Promise<number> {
  try {
    const report = (await callAdmin(config, "GET", `/api/explanations/${encodeURIComponent(id)}`)) as LiveReport;
    io.out(isJson ? `${JSON.stringify(report, undefined, 2)}\n` : liveText(report));
    return 0;
  } catch (error) {
    if (!(error instanceof AdminFault)) throw error;
    io.err(`${error.message}\n`);
    return 1;
  }
}
