import type { Overload } from "./overload.ts";

const EVERY_MS = 100;
/** The system is asked for memory at every tenth look. */
const MEMORY_EVERY = 10;

/** Measures how the process is doing, ten times a second. The function that it returns ends that. */
export function watchOverload(overload: Overload, residentBytes: () => number): () => void {
  if (!overload.isWatched) return () => {};
  let dueAt = performance.now() + EVERY_MS;
  let looks = 0;
  const look = () => {
    const now = performance.now();
    const lagMs = Math.max(0, now - dueAt);
    const isAsked = overload.watchesMemory && looks++ % MEMORY_EVERY === 0;
    overload.measure(isAsked ? { lagMs, residentBytes: residentBytes() } : { lagMs }, now);
    dueAt = now + EVERY_MS;
    timer = arm();
  };
  const arm = () => {
    const armed = setTimeout(look, EVERY_MS);
    armed.unref();
    return armed;
  };
  let timer = arm();
  return () => clearTimeout(timer);
}
