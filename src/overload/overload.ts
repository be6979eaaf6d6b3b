import type { Config } from "../config/schema.ts";
import { GatewayError } from "../errors.ts";
import type { Logger } from "../observe/logger.ts";
import { CORE, familyOf } from "../observe/metrics/core.ts";
import type { Family } from "../observe/metrics/family.ts";
import { Pressure } from "./pressure.ts";
import { type Priority, REFUSED_FROM, refusedAt } from "./priority.ts";

/** Of a lag: a loop that is busy at its bound falls back and forth by less than a third. */
const LAG_STEPS = [1, 2, 4].map((times) => ({ rise: times, fall: times * 0.7 }));
/** Of memory, which is given back in steps. */
const MEMORY_STEPS = [0.85, 0.92, 1].map((share) => ({ rise: share, fall: share - 0.05 }));

/** What is known of the process at one moment. */
export interface Load {
  /** How late the event loop is, in ms. */
  readonly lagMs: number;
  /** Undefined where it was not asked for. */
  readonly residentBytes?: number;
}

type OverloadConfig = Config["overload"];

/** Decides by how the process is doing which priorities are served. */
export class Overload {
  /** 0: all are served; a priority is refused from its level on. Read for every request. */
  level = 0;
  #config: OverloadConfig;
  readonly #log: Logger;
  #lag: Pressure;
  #memory: Pressure;
  readonly #shed = new Map<number, number>();
  #lagBeforeMs = 0;
  #lagMs = 0;
  #refused = 0;

  constructor(config: OverloadConfig, log: Logger) {
    this.#config = config;
    this.#log = log;
    this.#lag = new Pressure(LAG_STEPS, config.hold);
    this.#memory = new Pressure(MEMORY_STEPS, config.hold);
  }

  /** Takes other bounds; what was measured before counts for nothing then. */
  configure(config: OverloadConfig): void {
    if (Bun.deepEquals(config, this.#config)) return;
    this.#config = config;
    this.#lag = new Pressure(LAG_STEPS, config.hold);
    this.#memory = new Pressure(MEMORY_STEPS, config.hold);
    this.level = 0;
  }

  /** Whether there is a bound at all: without one nothing has to be measured. */
  get isWatched(): boolean {
    return this.#config["loop-lag"] > 0 || this.#config.memory > 0;
  }

  get watchesMemory(): boolean {
    return this.#config.memory > 0;
  }

  /** Takes what was measured, at that time in ms of any one clock. One lag alone is a pause; two in a row are load. */
  measure({ lagMs, residentBytes }: Load, now: number): void {
    const { "loop-lag": boundMs, memory } = this.#config;
    this.#lagMs = Math.min(lagMs, this.#lagBeforeMs);
    this.#lagBeforeMs = lagMs;
    if (boundMs > 0) this.#lag.sample(this.#lagMs / boundMs, now);
    if (memory > 0 && residentBytes !== undefined) this.#memory.sample(residentBytes / memory, now);
    const level = Math.max(this.#lag.level, this.#memory.level);
    if (level === this.level) return;
    const rises = level > this.level;
    this.level = level;
    this.#tell(rises, residentBytes);
  }

  #tell(rises: boolean, residentBytes: number | undefined): void {
    const lagMs = Math.round(this.#lagMs);
    const fields = { refuses: refusedAt(this.level), lagMs, residentBytes, refused: this.#refused };
    if (this.level === 0) {
      this.#log.info("overload is over: all requests are served", fields);
      this.#refused = 0;
    } else if (rises) this.#log.warn("overload: requests are refused by priority", fields);
    else this.#log.info("overload lessens: more priorities are served", fields);
  }

  /** The error for a request that comes at a bad time, by the level from which its priority is refused. */
  refusal(from: number): GatewayError {
    this.#refused++;
    this.#shed.set(from, (this.#shed.get(from) ?? 0) + 1);
    const seconds = Math.max(1, Math.ceil(this.#config.hold / 1_000));
    return new GatewayError("overloaded", {
      detail: "The gateway has too much to do and serves what is more important",
      headers: { "retry-after": String(seconds) },
    });
  }

  families(): readonly Family[] {
    const shed = (priority: Priority) => ({ labels: [priority], value: this.#shed.get(REFUSED_FROM[priority]) ?? 0 });
    return [
      familyOf(CORE.overloadLevel, [{ labels: [], value: this.level }]),
      familyOf(CORE.overloadShed, (["low", "normal", "high"] as const).map(shed)),
    ];
  }
}
