import type { Run } from "./bench.ts";
import { SEARCH_PATH } from "./contender.ts";
import { processTree } from "./cpu.ts";
import { type Gateway, measure } from "./run.ts";
import type { Scenario } from "./scenarios.ts";
import { cpuUsPerRequest } from "./summary.ts";

/** System calls that are counted by name; the count of all is another figure. */
const CALLS = [
  ["read", "recvfrom", "recvmsg", "readv"],
  ["write", "sendto", "sendmsg", "writev"],
  ["epoll_wait", "epoll_pwait", "epoll_pwait2"],
  ["epoll_ctl"],
  ["futex"],
] as const;
const ALL_CALLS = "raw_syscalls:sys_enter";
/** Of load, of load before perf looks, and of looking. */
const LOAD_MS = 3_000;
const SETTLE_MS = 500;
const LOOK_SECONDS = 1;
/** Samples a second; no multiple of the timer's. */
const FREQUENCY = 1_999;

/** Why perf cannot be used; undefined if it can. */
export function whyNoProfile(): string | undefined {
  const perf = Bun.which("perf", { PATH: SEARCH_PATH });
  if (perf === null) return "a profile needs perf (apt-get install linux-perf)";
  const run = Bun.spawnSync([perf, "stat", "-e", ALL_CALLS, "true"]);
  return run.success ? undefined : `a profile needs to count system calls, as root: ${run.stderr.toString().trim()}`;
}

/**
 * Where the CPU time of each gateway goes: system calls a request, and the shares of the kernel and of each program and
 * library; code that a process compiles itself, as a JavaScript engine does, has no file.
 */
export async function profile(gateways: readonly Gateway[], scenario: Scenario, run: Run): Promise<string> {
  const parts: string[] = [];
  for (const gateway of gateways) {
    run.progress(`profile: ${gateway.name}`);
    const pids = processTree(gateway.child.pid).join(",");
    const { counts, requests } = await countCalls(gateway, scenario, pids, run.dir);
    const load = measure(gateway, scenario, { warmMs: SETTLE_MS, measureMs: LOAD_MS }, run.dir);
    await Bun.sleep(2 * SETTLE_MS);
    const shares = await sharesOf(pids, `${run.dir}/perf.data`);
    const sample = await load;
    const perRequest = (count: number) => (count / requests).toFixed(2);
    const calls = CALLS.map((names) => {
      const count = names.reduce((sum, name) => sum + (counts.get(`syscalls:sys_enter_${name}`) ?? 0), 0);
      return `${names[0]} ${perRequest(count)}`;
    });
    parts.push(
      `${gateway.name}: ${cpuUsPerRequest(sample).toFixed(1)} µs of CPU time a request, ` +
        `${perRequest(counts.get(ALL_CALLS) ?? 0)} system calls (${calls.join(", ")})`,
      ...shares.map((share) => `  ${share}`),
    );
  }
  return parts.join("\n");
}

/** Counts while a load runs from its beginning to its end, so that every counted call belongs to a counted request. */
async function countCalls(
  gateway: Gateway,
  scenario: Scenario,
  pids: string,
  dir: string,
): Promise<{ readonly counts: ReadonlyMap<string, number>; readonly requests: number }> {
  const events = [ALL_CALLS, ...CALLS.flat().map((name) => `syscalls:sys_enter_${name}`)];
  const child = spawnPerf("stat", "-x", ";", "-e", events.join(","), "-p", pids);
  await Bun.sleep(SETTLE_MS);
  const { requests } = await measure(gateway, scenario, { warmMs: 0, measureMs: LOAD_MS }, dir);
  child.kill("SIGINT");
  return { counts: parseCounts(await new Response(child.stderr).text()), requests };
}

/** Reads what `perf stat -x ';'` prints: a count and an event in each line. */
export function parseCounts(printed: string): ReadonlyMap<string, number> {
  const lines = printed.split("\n").map((line) => line.split(";"));
  return new Map(lines.flatMap(([count, , event]) => (event === undefined ? [] : [[event, Number(count)] as const])));
}

async function sharesOf(pids: string, file: string): Promise<readonly string[]> {
  const look = ["-p", pids, "--", "sleep", `${LOOK_SECONDS}`];
  await perf("record", "-q", "-e", "cpu-clock", "-F", `${FREQUENCY}`, "-o", file, ...look);
  return parseShares(await perf("report", "-q", "--stdio", "-i", file, "--sort", "dso", "-w", "0,40"));
}

/** Reads what `perf report --sort dso` prints: the shares of at least 1 %, greatest first. */
export function parseShares(printed: string): readonly string[] {
  return [...printed.matchAll(/^ *(\d+\.\d+)% +(\S.*\S) *$/gm)].flatMap(([, share, name]) =>
    Number(share) < 1 ? [] : [`${Number(share).toFixed(0).padStart(3)} % ${name}`],
  );
}

async function perf(...args: string[]): Promise<string> {
  const child = spawnPerf(...args);
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  if (code !== 0) throw new Error(`perf ${args[0]} failed\n${err}`);
  return out;
}

function spawnPerf(...args: string[]): Bun.Subprocess<"ignore", "pipe", "pipe"> {
  const env = { ...Bun.env, PATH: SEARCH_PATH };
  return Bun.spawn(["perf", ...args], { env, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
}
