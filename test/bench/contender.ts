import type { Secured } from "./secured.ts";

/** What a contender is given to set itself up with. */
export interface Setup {
  /** Port at 127.0.0.1 where it does what every deployment has a gateway do: sets Host, X-Forwarded-*, Forwarded, Via. */
  readonly port: number;
  /** Port where it adds no more than it cannot help. */
  readonly barePort: number;
  /** Port where it does the same as at `port`, for clients that speak TLS 1.3; unused without a certificate. */
  readonly tlsPort: number;
  /** undefined: no TLS. */
  readonly certificate: Certificate | undefined;
  /** undefined: for those that do not look at tokens. */
  readonly secured?: Secured | undefined;
  /** A free port, for a contender that needs one more. */
  readonly adminPort: number;
  /** Port of the upstream, at 127.0.0.1. */
  readonly upstreamPort: number;
  /** Folder of its own for configuration and scratch files; removed after the run. */
  readonly dir: string;
}

/** What the contenders show to clients that speak TLS; all have the same. */
export interface Certificate {
  readonly certFile: string;
  readonly keyFile: string;
  /** File with both. */
  readonly pairFile: string;
}

/** How a contender is started. */
export interface Plan {
  /** Files to write into the folder first, by name. */
  readonly files: Readonly<Record<string, string>>;
  /** Program and arguments; it must stay in the foreground. */
  readonly command: readonly string[];
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A reverse proxy that can be measured. */
export interface Contender {
  readonly name: string;
  /** The names of the scenarios that it takes part in; undefined: all. */
  readonly scenarios?: readonly string[];
  /** Whether it lets through what has a valid token alone. */
  readonly isSecured?: boolean;
  /** Said when it is missing: how to get it. */
  readonly install: string;
  /** Its version, or undefined if it is not installed. */
  version(): string | undefined;
  plan(setup: Setup): Plan;
}

/** Idle upstream connections that every contender may keep: more than any scenario opens. */
export const POOL_SIZE = 1_024;

/** Client connections that every contender takes: some more than any scenario opens. */
export const MAX_CONNECTIONS = 10_500;

/** Where programs are looked for: Debian keeps servers where an ordinary user's shell does not look. */
export const SEARCH_PATH = `${Bun.env.PATH ?? ""}:/usr/local/sbin:/usr/sbin:/sbin`;

/**
 * The first version number that a program prints when asked for it.
 *
 * @param command program and arguments, for example `["nginx", "-v"]`
 * @returns undefined if the program is not installed; "unknown" if it prints no number
 */
export function installedVersion(command: readonly [string, ...string[]]): string | undefined {
  const [program, ...args] = command;
  const file = Bun.which(program, { PATH: SEARCH_PATH });
  if (file === null) return undefined;
  const run = Bun.spawnSync([file, ...args]);
  const printed = `${run.stdout.toString()} ${run.stderr.toString()}`;
  return /\d+(?:\.\d+)+/.exec(printed)?.[0] ?? "unknown";
}
