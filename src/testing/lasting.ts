import type { LogFields, Logger, LogLevel } from "../observe/logger.ts";
import { MetricsRegistry } from "../observe/metrics/registry.ts";
import { createState, type Lasting } from "../scope.ts";
import { MemoryBackend } from "../store/memory/backend.ts";
import { shareStore } from "../store/shared.ts";

/** A line that a plugin has logged. */
export interface LogLine {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
}

/** The wall clock of a test; it stands still until it is moved. */
export interface TestClock {
  /** Ms since 1970. */
  nowMs: number;
  advance(ms: number): void;
}

/** What outlives a reload, in memory. */
export interface TestLasting extends Lasting {
  readonly logs: LogLine[];
  readonly clock: TestClock;
}

/** A clock at the beginning of 2030, an empty log, and no state. */
export function createTestLasting(): TestLasting {
  const logs: LogLine[] = [];
  const clock: TestClock = {
    nowMs: Date.UTC(2030, 0, 1),
    advance(ms) {
      clock.nowMs += ms;
    },
  };
  const log = recordingLogger(logs, {});
  return {
    logs,
    clock,
    log,
    metrics: new MetricsRegistry(log),
    store: shareStore(new MemoryBackend({ now: () => clock.nowMs }), ""),
    now: () => clock.nowMs,
    state: createState(),
  };
}

function recordingLogger(lines: LogLine[], common: LogFields): Logger {
  const writer =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}) => {
      lines.push({ level, message, fields: { ...common, ...fields } });
    };
  return {
    debug: writer("debug"),
    info: writer("info"),
    warn: writer("warn"),
    error: writer("error"),
    with: (fields) => recordingLogger(lines, { ...common, ...fields }),
  };
}
