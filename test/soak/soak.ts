import { cpuUsOf } from "../bench/cpu.ts";
import { type GatewayProcess, startGateway } from "../support/gateway.ts";
import { tempFolder } from "../support/temp.ts";
import { type KeyPair, makeCertificates } from "../support/tls.ts";
import type { Kind } from "./client.ts";
import { Load } from "./load.ts";
import { startTrailing } from "./trailing.ts";
import { type SoakUpstream, startFaulty, startSound } from "./upstreams.ts";
import { growth, remains, type Sample, unrest } from "./verdict.ts";

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
/** Then timers that were left behind show in the time of the processor. */
const QUIET_MS = 2_000;

/** Puts the real gateway, in a process of its own, under mixed load, and watches what it uses. */
export async function soak({ seconds, everyMs, seed, kinds, print }: SoakOptions): Promise<SoakResult> {
  using folder = tempFolder();
  const { ca, server } = makeCertificates(folder.path);
  const upstreams = { sound: startSound(), faulty: startFaulty(), trailing: startTrailing() };
  try {
    await using gateway = await startGateway(configOf(upstreams, server));
    const before = await takeSample(gateway, 0);
    const [port = 0, securePort = 0] = gateway.ports;
    const load = new Load({ port, tls: { port: securePort, ca: ca.cert } }, seed);
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
    const idleShare = await busyShare(gateway.pid);
    const code = await gateway.stop();
    const problems = [
      ...load.failures,
      ...Object.values(upstreams).flatMap(({ faults }) => faults.slice(0, 10)),
      ...growth(samples),
      ...remains(before, after),
      ...unrest(idleShare),
      ...complaints(gateway),
      ...(code === 0 ? [] : [`the gateway ended with code ${code}`]),
    ];
    return { problems, runs: load.runs };
  } finally {
    for (const upstream of Object.values(upstreams)) upstream.stop();
  }
}

interface Upstreams {
  readonly sound: SoakUpstream;
  readonly faulty: SoakUpstream;
  readonly trailing: SoakUpstream;
}

function configOf({ sound, faulty, trailing }: Upstreams, { certFile, keyFile }: KeyPair): string {
  return `
log: { level: info, format: json }
listen:
  - { host: 127.0.0.1, port: 0 }
  - { host: 127.0.0.1, port: 0, tls: { cert: ${certFile}, key: ${keyFile} } }
services:
  sound: { targets: ["${sound.url}"], pool: { max-connections: 64, max-idle: 20 } }
  faulty: { targets: ["${faulty.url}"] }
  trailing: { targets: ["${trailing.url}"] }
routes:
  - { path: /faulty/*, service: faulty }
  - { path: /trailing, service: trailing }
  - { path: /socket, service: sound, upgrade: [websocket] }
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

/** The share of a processor that it uses while nobody asks for anything. */
async function busyShare(pid: number): Promise<number> {
  const before = cpuUsOf([pid]);
  await Bun.sleep(QUIET_MS);
  return (cpuUsOf([pid]) - before) / (QUIET_MS * 1_000);
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
