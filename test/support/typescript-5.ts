/**
 * Preloaded where openapi-typescript runs: it prints types with the compiler's own library, which TypeScript 7 does not have. It gets that of
 * TypeScript 5; what it makes is checked with the compiler of this project.
 */
import { plugin } from "bun";

plugin({
  name: "typescript-5",
  setup(build) {
    build.module("typescript", async () => ({ loader: "object", exports: { ...(await import("typescript-5")) } }));
  },
});
