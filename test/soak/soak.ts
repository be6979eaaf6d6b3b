import { type GatewayProcess, startGateway } from "../support/gateway.ts";
import type { Kind } from "./client.ts";
import { Load } from "./load.ts";
import { startFaulty, startSound } from "./upstreams.ts";
import { growth, remains, type Sample } from "./verdict.ts";

export interface SoakOptions {
  readonly seconds: number;
  /** Time between two samples. */
  readonly everyMs: number;
  readonly seed: number;
  readonly kinds: readonly Kind[];
  /** Is given a line for each sample. */
  readonly print: (line: string) => void;
}

export interface SoakResult {
  /** What was not as it must be; empty if all was well. */
  readonly problems: readonly string[];
  /** Finished runs by kind. */
  readonly runs: ReadonlyMap<string, number>;
}

/** For the last connections to be closed, the gateway's linger time of 2 s included. */
const SETTLE_MS = 10_000;

/** Puts the real gateway, in a process of its own, under mixed load, and watches what it uses. */
export async function soak({ seconds, everyMs, seed, kinds, print }: SoakOptions): Promise<SoakResult> {
  const sound = startSound();
  const faulty = startFaulty();
  try {
    await using gateway = await startGateway(configOf(sound.url, faulty.url));
    const before = await takeSample(gateway, 0);
    const load = new Load(gateway.port, seed);
    const samples: Sample[] = [];
    const loading = load.run(kinds, AbortSignal.timeout(seconds * 1_000));
    const count = Math.max(1, Math.floor((seconds * 1_000) / everyMs));
    for (let i = 1; i <= count && isRunning(gateway); i++) {
      await Bun.sleep(everyMs);
      const sample = await takeSample(gateway, (i * everyMs) / 1_000);
      samples.push(sample);
      print(lineOf(sample, load));
    }
    await loading;
    const after = await settled(gateway, before);
    const code = await gateway.stop();
    const problems = [
      ...load.failures,
      ...sound.faults,
      ...faulty.faults,
      ...growth(samples),
      ...remains(before, after),
      ...complaints(gateway),
      ...(code === 0 ? [] : [`the gateway ended with code ${code}`]),
    ];
    return { problems, runs: load.runs };
  } finally {
    sound.stop();
    faulty.stop();
  }
}

function configOf(sound: string, faulty: string): string {
  return `
log: { level: info, format: json }
services:
  sound: { targets: ["${sound}"], pool: { max-connections: 64, max-idle: 20 } }
  faulty: { targets: ["${faulty}"] }
routes:
  - { path: /faulty/*, service: faulty }
  - { path: /*, service: sound }
`;
}

function isRunning(gateway: GatewayProcess): boolean {
  try {
    return gateway.fds() > 0;
  } catch {
    return false;
  }
}

interface ServiceReport {
  readonly targets: readonly {
    readonly pool: { readonly open: number; readonly inUse: number; readonly pending: number };
  }[];
}

async function takeSample(gateway: GatewayProcess, seconds: number): Promise<Sample> {
  const response = await fetch(`http://127.0.0.1:${gateway.adminPort}/api/services`, { keepalive: false });
  const { services } = (await response.json()) as { readonly services: readonly ServiceReport[] };
  const pools = services.flatMap(({ targets }) => targets.map(({ pool }) => pool));
  const sum = (of: (pool: (typeof pools)[number]) => number) => pools.reduce((total, pool) => total + of(pool), 0);
  return {
    seconds,
    bytes: gateway.rss(),
    fds: gateway.fds(),
    open: sum(({ open }) => open),
    inUse: sum(({ inUse }) => inUse),
    pending: sum(({ pending }) => pending),
  };
}

/** The first sample that shows nothing left, or the last one there was time for. */
async function settled(gateway: GatewayProcess, before: Sample): Promise<Sample> {
  const end = performance.now() + SETTLE_MS;
  for (;;) {
    const sample = await takeSample(gateway, 0);
    if (remains(before, sample).length === 0 || performance.now() > end) return sample;
    await Bun.sleep(100);
  }
}

/** What the gateway itself has called an error. */
function complaints({ logs, stderr }: GatewayProcess): readonly string[] {
  const errors = logs.filter(({ level }) => level === "error").map((line) => `logged: ${JSON.stringify(line)}`);
  return stderr === "" ? errors.slice(0, 10) : [...errors.slice(0, 10), `on standard error: ${stderr.slice(0, 1_000)}`];
}

function lineOf({ seconds, bytes, fds, open, inUse, pending }: Sample, load: Load): string {
  const memory = (bytes / 1_048_576).toFixed(1);
  return (
    `${seconds} s: ${load.total} runs, ${load.failures.length} failures, ${memory} MB, ` +
    `${fds} file descriptors, ${open} upstream connections (${inUse} in use, ${pending} waiting)`
  );
}
