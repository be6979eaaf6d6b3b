import { plugin } from "bun";

let isLent = false;

/**
 * Lets files outside the project import `sluice/plugin` and `sluice/testing`, wherever they are, and makes these the
 * gateway's own modules: a copy that was installed beside a plugin would bring another GatewayError.
 */
export function lendContract(): void {
  if (isLent) return;
  isLent = true;
  plugin({
    name: "sluice",
    setup(build) {
      build.module("sluice/plugin", async () => ({ exports: await import("./plugin.ts"), loader: "object" }));
      build.module("sluice/testing", async () => ({ exports: await import("./testing.ts"), loader: "object" }));
    },
  });
}
