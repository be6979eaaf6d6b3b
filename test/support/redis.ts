import { freePort } from "./ports.ts";
import { type TempFolder, tempFolder } from "./temp.ts";
import { until } from "./until.ts";

/** A real redis-server of its own, with nothing in it, on a free port of 127.0.0.1. */
export interface RedisServer extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  readonly folder: TempFolder;
  /** Runs one command in redis-cli, and answers what it prints. Rejects if it prints an error. */
  cli(...args: readonly string[]): Promise<string>;
  /** SIGSTOP: it holds its connections and says nothing. */
  hang(): void;
  /** SIGCONT. */
  resume(): void;
  /** SIGKILL; resolves when it has ended. */
  kill(): Promise<void>;
  /** Starts it again on its port, after `kill`. */
  restart(): Promise<void>;
}

export interface RedisServerOptions {
  /** As on the command line: `["--maxmemory", "1mb"]`. */
  readonly args?: readonly string[];
  /** A port that was found before; a free one unless told. */
  readonly port?: number;
  /** Runs it as a sentinel with this configuration. */
  readonly sentinelConfig?: string;
  /** For its own command line: a password, say. */
  readonly cliArgs?: readonly string[];
}

export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const folder = tempFolder();
  const cliArgs = options.cliArgs ?? [];
  let port = options.port ?? freePort();
  const spawn = () => Bun.spawn(["redis-server", ...commandLine(folder, port, options)], QUIET);
  let child = spawn();
  const cli = async (...args: readonly string[]) => {
    const command = ["redis-cli", "-e", "-h", "127.0.0.1", "-p", `${port}`, "--no-auth-warning", ...cliArgs, ...args];
    const run = Bun.spawn(command, { stdout: "pipe", stderr: "pipe" });
    const [out, error, code] = await Promise.all([run.stdout.text(), run.stderr.text(), run.exited]);
    if (code !== 0) throw new Error(`redis-cli ${args.join(" ")}: ${out}${error}`);
    return out.trim();
  };
  const isUp = async () => {
    if (child.exitCode !== null) throw new Error(`redis-server ended with code ${child.exitCode}`);
    // Another test's server may have taken the port first.
    return (await cli("info", "server").catch(String)).includes(`process_id:${child.pid}\r\n`);
  };
  const kill = async () => {
    child.kill("SIGKILL");
    await child.exited;
  };
  for (let attempt = 1; ; attempt++) {
    try {
      await until(isUp, { what: "redis-server answers" });
      break;
    } catch (error) {
      if (options.port !== undefined || attempt === ATTEMPTS) throw error;
      child.kill("SIGKILL");
      port = freePort();
      child = spawn();
    }
  }
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    folder,
    cli,
    hang: () => child.kill("SIGSTOP"),
    resume: () => child.kill("SIGCONT"),
    kill,
    async restart() {
      child = spawn();
      await until(isUp, { what: "redis-server answers again" });
    },
    async [Symbol.asyncDispose]() {
      await kill();
      folder.remove();
    },
  };
}

const ATTEMPTS = 3;
const QUIET = { stdin: "ignore", stdout: "ignore", stderr: "ignore" } as const;

function commandLine(folder: TempFolder, port: number, { args = [], sentinelConfig }: RedisServerOptions): string[] {
  if (sentinelConfig === undefined) {
    const own = ["--port", `${port}`, "--bind", "127.0.0.1", "--save", "", "--dir", folder.path];
    return [...own, "--enable-debug-command", "yes", "--repl-diskless-sync-delay", "0", ...args];
  }
  // A sentinel writes what it learns into its file.
  const file = folder.write("sentinel.conf", `port ${port}\nbind 127.0.0.1\ndir ${folder.path}\n${sentinelConfig}`);
  return [file, "--sentinel"];
}
