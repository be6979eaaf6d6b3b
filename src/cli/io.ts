import type { ProcessUsage } from "../observe/metrics/usage.ts";
import type { ParentChannel } from "../workers/messages.ts";

/** What a command gets from the process that runs it. */
export interface CliIo {
  /** Writes to standard output, as given: the line ends are in the text. */
  out(text: string): void;
  /** Writes to standard error, as given. */
  err(text: string): void;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What the process uses at the moment. */
  usage(): ProcessUsage;
  /** Calls back with every error that nobody has caught; without a listener the process ends. */
  onFault(listener: (error: unknown) => void): void;
  /** Calls back when the process ends, whoever ends it; nothing can be waited for then. */
  onExit(listener: () => void): void;
  /** Calls back at each signal that asks the gateway to stop. */
  onStop(listener: () => void): void;
  /** Calls back at each signal that asks for a reload. */
  onReload(listener: () => void): void;
  readonly pid: number;
  /** The words that start the gateway's program; a command follows. */
  readonly program: readonly string[];
  /** The gateway's process that has started this one, if one has. */
  readonly parent: ParentChannel | undefined;
  /** Relative paths start here. */
  readonly cwd: string;
  /** Whether people read along: then colours are used. */
  readonly isTerminal: boolean;
}
