import { resolve } from "node:path";
import type { Origins } from "./try.ts";

const PROJECT = resolve(import.meta.dir, "../..");

export interface GatewayOptions {
  /** Added to this process's own environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Told every line that the gateway logs. */
  readonly onLine: (line: string) => void;
  /** Told how the start is going. */
  readonly onProgress: (text: string) => void;
}

/** A gateway in a process of its own, ready for requests. */
export interface GatewayProcess extends Origins {
  /** Its exit code, once it has ended. */
  readonly ended: Promise<number>;
  /** Asks it to finish what it is doing and end; ends it after 5 s. */
  stop(): Promise<number>;
}

/**
 * Starts the gateway with the shipped gateway.yaml and waits until it is ready. Throws if it ends before, or is not
 * ready after 20 s.
 */
export async function startGateway(options: GatewayOptions): Promise<GatewayProcess> {
  const child = Bun.spawn([process.execPath, "src/main.ts", "start", "--config", "gateway.yaml"], {
    cwd: PROJECT,
    env: { ...process.env, ...options.env },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
  });
  process.on("exit", () => child.kill("SIGKILL"));
  const ports = new Map<string, number>();
  const reading = readLines(child.stdout, (line) => {
    notePort(line, ports);
    options.onLine(line);
  });
  const ended = reading.then(() => child.exited);

  const end = async (): Promise<number> => {
    child.kill("SIGTERM");
    const patience = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    const code = await ended;
    clearTimeout(patience);
    return code;
  };

  const started = performance.now();
  let nextWord = PROGRESS_MS;
  while (!(await isReady(ports))) {
    if (child.exitCode !== null) throw new Error(`the gateway ended with code ${await ended} before it was ready`);
    const waited = performance.now() - started;
    if (waited > READY_MS) {
      await end();
      throw new Error(`the gateway was not ready after ${READY_MS / 1_000} s`);
    }
    if (waited > nextWord) {
      options.onProgress(`waiting for the gateway (${Math.round(waited / 1_000)} s)`);
      nextWord += PROGRESS_MS;
    }
    await Bun.sleep(POLL_MS);
  }
  return { public: originOf(ports.get(PUBLIC)), admin: originOf(ports.get(ADMIN)), ended, stop: end };
}

const READY_MS = 20_000;
const PROGRESS_MS = 2_000;
const POLL_MS = 50;
const STOP_MS = 5_000;

/** Messages of the log lines that carry the ports. */
const PUBLIC = "listening";
const ADMIN = "admin listening";

async function isReady(ports: ReadonlyMap<string, number>): Promise<boolean> {
  if (!ports.has(PUBLIC) || !ports.has(ADMIN)) return false;
  try {
    const response = await fetch(`${originOf(ports.get(ADMIN))}/health/ready`, { signal: AbortSignal.timeout(1_000) });
    return response.status === 200;
  } catch {
    return false;
  }
}

function originOf(port: number | undefined): string {
  return `http://127.0.0.1:${port}`;
}

/** The gateway says in its log where it listens, which is how port 0 is found out. */
function notePort(line: string, ports: Map<string, number>): void {
  if (!line.includes(PUBLIC)) return;
  const fields = parsed(line);
  if (typeof fields.msg === "string" && typeof fields.port === "number") ports.set(fields.msg, fields.port);
}

function parsed(line: string): { readonly msg?: unknown; readonly port?: unknown } {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}

async function readLines(source: ReadableStream<Uint8Array>, onLine: (line: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of source) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(line);
  }
  if (rest !== "") onLine(rest);
}
