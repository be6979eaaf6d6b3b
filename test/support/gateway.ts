import { join } from "node:path";
import { openFiles, residentBytes } from "./process.ts";
import { type TempFolder, tempFolder } from "./temp.ts";
import { PATIENCE_MS, until } from "./until.ts";

const MAIN = join(import.meta.dir, "../../src/main.ts");

export type LogLine = Readonly<Record<string, unknown>> & { readonly msg?: string };

export interface GatewayOptions {
  /** More of the command line. */
  readonly args?: readonly string[];
  /** Variables beside those of the test. */
  readonly env?: Readonly<Record<string, string>>;
  /** Folder for gateway.yaml, kept; one of its own, removed at the end, unless told. */
  readonly folder?: string;
  /** Ms for the gateway to listen; three times `PATIENCE_MS` unless told: its workers start one after the other. */
  readonly timeout?: number;
}

/** The real gateway, in a process of its own. */
export interface GatewayProcess extends AsyncDisposable {
  readonly pid: number;
  /** Of the first listener. */
  readonly port: number;
  /** Of each listener, in the order in which they began to listen. */
  readonly ports: readonly number[];
  readonly adminPort: number;
  /** Where gateway.yaml is. */
  readonly folder: string;
  readonly configFile: string;
  /** Every line that it logged so far. */
  readonly logs: readonly LogLine[];
  /** What it wrote to standard error so far. */
  readonly stderr: string;
  /** Resolves with the first line, past or to come, that the function says yes to. */
  waitForLog(find: (line: LogLine) => boolean, timeout?: number): Promise<LogLine>;
  signal(name: NodeJS.Signals): void;
  /** Ends it by SIGTERM; answers its exit code. */
  stop(): Promise<number>;
  /** Ends it by SIGKILL. */
  kill(): Promise<void>;
  /** Resolves with the exit code. */
  readonly exited: Promise<number>;
  /** Resident memory in bytes. */
  rss(): number;
  /** Open file descriptors. */
  fds(): number;
  /** Open sockets, those that listen too. */
  sockets(): number;
}

/**
 * Starts `sluice start` with this gateway.yaml and waits until it listens. Where the text has no `listen:` or `admin:`
 * of its own, they get a free port on 127.0.0.1. Rejects with all its output if it ends instead.
 */
export async function startGateway(yaml: string, options: GatewayOptions = {}): Promise<GatewayProcess> {
  const own = options.folder === undefined ? tempFolder() : undefined;
  const folder = options.folder ?? (own as TempFolder).path;
  const configFile = join(folder, "gateway.yaml");
  await Bun.write(configFile, withPorts(yaml));
  const child = Bun.spawn(["bun", MAIN, "start", "--config", configFile, ...(options.args ?? [])], {
    cwd: folder,
    env: { ...Bun.env, ...options.env },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const output = new Output();
  const outputRead = Promise.all([output.readLogs(child.stdout), output.readErrors(child.stderr)]);
  const exited = Promise.all([child.exited, outputRead]).then(([code]) => {
    own?.remove();
    return code;
  });

  const isUp = async () => {
    // All that it wrote is wanted, also what is still in the pipe.
    if (child.exitCode !== null) await outputRead;
    if (child.exitCode !== null) throw new Error(`the gateway ended with code ${child.exitCode}: ${output.text()}`);
    return output.ports("listening").length > 0 && output.ports("admin listening").length > 0;
  };
  try {
    const what = () => `the gateway listens: ${output.text()}`;
    await until(isUp, { timeout: options.timeout ?? 3 * PATIENCE_MS, what });
  } catch (error) {
    child.kill("SIGKILL");
    await exited;
    throw error;
  }

  const [port = 0] = output.ports("listening");
  const [adminPort = 0] = output.ports("admin listening");
  const end = async (name: NodeJS.Signals) => {
    child.kill(name);
    return await exited;
  };
  return {
    pid: child.pid,
    port,
    adminPort,
    folder,
    configFile,
    exited,
    logs: output.logs,
    get ports() {
      return output.ports("listening");
    },
    get stderr() {
      return output.errors;
    },
    waitForLog: (find, timeout = PATIENCE_MS) =>
      until(() => output.logs.find(find), { timeout, what: () => `such a line was logged: ${output.text()}` }),
    signal: (name) => child.kill(name),
    stop: () => end("SIGTERM"),
    kill: async () => void (await end("SIGKILL")),
    rss: () => residentBytes(child.pid),
    fds: () => openFiles(child.pid).length,
    sockets: () => openFiles(child.pid).filter((file) => file.startsWith("socket:")).length,
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null) await end("SIGKILL");
    },
  };
}

function withPorts(yaml: string): string {
  const free = (key: string) =>
    new RegExp(`^${key}:`, "m").test(yaml) ? "" : `${key}: { host: 127.0.0.1, port: 0 }\n`;
  return `${free("listen")}${free("admin")}${yaml}`;
}

class Output {
  readonly logs: LogLine[] = [];
  errors = "";

  ports(message: string): number[] {
    return this.logs.filter((line) => line.msg === message).map((line) => Number(line.port));
  }

  text(): string {
    const lines = this.logs.slice(-20).map((line) => JSON.stringify(line));
    return `\n${[...lines, this.errors].join("\n")}`;
  }

  async readLogs(stream: ReadableStream<Uint8Array>): Promise<void> {
    for await (const line of linesOf(stream)) this.logs.push(parseLine(line));
  }

  async readErrors(stream: ReadableStream<Uint8Array>): Promise<void> {
    for await (const line of linesOf(stream)) this.errors += `${line}\n`;
  }
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  if (rest !== "") yield rest;
}

/** What is no JSON object is kept as a line with that message, so that a test's failure shows it. */
function parseLine(line: string): LogLine {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === "object" && value !== null) return value as LogLine;
  } catch {
    // shown below
  }
  return { msg: line };
}
