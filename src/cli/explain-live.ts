import type { Config } from "../config/schema.ts";
import type { LiveReport } from "../explain/live-report.ts";
import { liveText } from "../explain/live-text.ts";
import type { AdminAccess } from "./admin-access.ts";
import { AdminFault, callAdmin } from "./admin-call.ts";
import type { CliIo } from "./io.ts";

interface Asking {
  readonly config: Config;
  readonly access: AdminAccess;
  readonly isJson: boolean;
}

/** Prints what the gateway that runs knows of a request that was followed. 0 if it knows it, else 1. */
export async function printLive(id: string, { config, access, isJson }: Asking, io: CliIo): Promise<number> {
  try {
    const path = `/api/explanations/${encodeURIComponent(id)}`;
    const report = (await callAdmin(config, "GET", path, undefined, access)) as LiveReport;
    io.out(isJson ? `${JSON.stringify(report, undefined, 2)}\n` : liveText(report));
    return 0;
  } catch (error) {
    if (!(error instanceof AdminFault)) throw error;
    io.err(`${error.message}\n`);
    return 1;
  }
}
