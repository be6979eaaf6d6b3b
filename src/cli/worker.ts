import { runWorker } from "../workers/worker.ts";
import type { CliIo } from "./io.ts";

/** What a gateway with several workers starts them with; it is nothing for people. 1 if it cannot serve, 2 if it is not started by one. */
export async function worker(args: readonly string[], io: CliIo): Promise<number> {
  if (io.parent === undefined || args.length > 0) {
    io.err("a worker is started by the gateway itself: see listen.workers\n");
    return 2;
  }
  return (await runWorker(io, io.parent)) ? 0 : 1;
}
