import { plugin } from "bun";
import * as contract from "../plugin.ts";

let isLent = false;

/**
 * Lets plugins that are not in the project import `sluice/plugin`, wherever they are, and makes it the gateway's own
 * module: a copy that was installed beside a plugin would bring a GatewayError that the gateway does not know.
 */
export function lendContract(): void {
  if (isLent) return;
  isLent = true;
  plugin({
    name: "sluice",
    setup(build) {
      build.module("sluice/plugin", () => ({ exports: contract, loader: "object" }));
    },
  });
}
