import type { Settings } from "../../../plugins/circuit-breaker/states.ts";
import type { Went } from "./support.ts";

/** A call that may pass, as the model remembers it. */
export interface ModelPermit {
  /** The period, from one change to the next, in which it was given. */
  readonly period: number;
}

interface Ended {
  readonly at: number;
  readonly went: Went;
}

/** The breaker as one would write it who has no care for time or memory: it keeps every call. */
export class Model {
  state: "closed" | "open" | "half-open" = "closed";
  readonly #settings: Settings;
  #period = 0;
  #ended: Ended[] = [];
  #pending = 0;
  #lastProbeAt = 0;
  #since: number;
  #openMs = 0;
  #openings = 0;

  constructor(settings: Settings, now: number) {
    this.#settings = settings;
    this.#since = now;
  }

  enter(now: number): ModelPermit | undefined {
    const { probes, openMs } = this.#settings;
    if (this.state === "open") {
      if (now - this.#since < this.#openMs) return undefined;
      this.#change("half-open", now);
    }
    if (this.state === "half-open") {
      if (this.#pending + this.#ended.length >= probes) {
        if (now - this.#lastProbeAt < openMs) return undefined;
        this.#change("half-open", this.#since);
      }
      this.#pending++;
      this.#lastProbeAt = now;
    }
    return { period: this.#period };
  }

  finish({ period }: ModelPermit, went: Went, now: number): void {
    if (period !== this.#period) return;
    this.#pending--;
    if (went === "nothing") return;
    this.#ended.push({ at: now, went });
    if (this.state === "closed" && this.#shallOpen(now)) this.#open(now, now - this.#since >= this.#openMs);
    else if (this.state === "half-open" && went !== "ok") this.#open(now, false);
    else if (this.state === "half-open" && this.#ended.length === this.#settings.probes) this.#change("closed", now);
  }

  #shallOpen(now: number): boolean {
    const { consecutiveFailures, minimumCalls, failureRatio, slowRatio, windowMs } = this.#settings;
    const last = this.#ended.slice(-consecutiveFailures);
    if (last.length === consecutiveFailures && last.every(({ went }) => went === "fail")) return true;
    const slot = (at: number) => Math.floor(at / (windowMs / 10));
    const recent = this.#ended.filter(({ at }) => slot(at) > slot(now) - 10);
    const share = (wanted: Went) => recent.filter(({ went }) => went === wanted).length / recent.length;
    return recent.length >= minimumCalls && (share("fail") >= failureRatio || share("slow") >= slowRatio);
  }

  #open(now: number, wasWell: boolean): void {
    this.#openings = wasWell ? 0 : this.#openings + 1;
    this.#openMs = Math.min(this.#settings.maxOpenMs, this.#settings.openMs * 2 ** this.#openings);
    this.#change("open", now);
  }

  #change(state: Model["state"], now: number): void {
    this.state = state;
    this.#since = now;
    this.#period++;
    this.#ended = [];
    this.#pending = 0;
  }
}
