/**
 * Preloaded into a gateway: logs each turn of the main thread's event loop that has cost more than a few ms of CPU time. It is what a request
 * waits for at most, however busy the machine is.
 */
import { isMainThread } from "node:worker_threads";

const LEAST_MS = 3;
const EVERY_MS = 1;

if (isMainThread) {
  let last = cpuMs();
  setInterval(() => {
    const now = cpuMs();
    const ms = now - last;
    last = now;
    if (ms > LEAST_MS) console.log(JSON.stringify({ msg: "long turn", ms }));
  }, EVERY_MS).unref();
}

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
