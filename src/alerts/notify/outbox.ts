import type { Alert } from "../alert.ts";

export interface OutboxTiming {
  readonly groupWaitMs: number;
  readonly groupIntervalMs: number;
  readonly repeatMs: number;
  /** Whether the end of an alert is told. */
  readonly tellsResolved: boolean;
}

/** An alert as it is told: it may change while its message is under way. */
interface Entry {
  readonly alert: Alert;
  readonly isOver: boolean;
  readonly severity: Alert["severity"];
}

/** What a receiver is to be told now. */
export interface Parcel {
  readonly entries: readonly Entry[];
  /** Of all that it was told of, or is now, those that fire. */
  readonly firing: number;
  readonly isRepeat: boolean;
}

interface Told {
  alert: Alert;
  readonly severity: Alert["severity"];
}

/**
 * What one receiver knows, and what it is to be told next: not a queue of messages but the difference between what is and
 * what it was told. So what comes and goes while the receiver is down is not told late, nothing that still holds is lost,
 * and memory is bounded by the number of alerts.
 */
export class Outbox {
  readonly #timing: OutboxTiming;
  readonly #told = new Map<string, Told>();
  #newsSince: number | undefined = undefined;
  #lastAt = Number.NEGATIVE_INFINITY;

  constructor(timing: OutboxTiming) {
    this.#timing = timing;
  }

  /**
   * What is due, if anything is.
   *
   * @param firing alerts that fire and that this receiver is to know of
   * @param at ms since 1970
   */
  due(firing: readonly Alert[], at: number): Parcel | undefined {
    const { groupWaitMs, groupIntervalMs, repeatMs } = this.#timing;
    const news = firing.filter((alert) => this.#isNews(alert));
    const over = this.#over(firing);
    if (news.length + over.length === 0) {
      this.#newsSince = undefined;
      const known = firing.filter(({ id }) => this.#told.has(id));
      if (known.length === 0 || at - this.#lastAt < repeatMs) return undefined;
      return parcelOf(known, known.length, true);
    }
    this.#newsSince ??= at;
    if (at - this.#newsSince < groupWaitMs || at - this.#lastAt < groupIntervalMs) return undefined;
    return parcelOf([...news, ...over], firing.length, false);
  }

  /** The parcel is on its way; the next one is not due before `group-interval`. */
  sending(at: number): void {
    this.#lastAt = at;
    this.#newsSince = undefined;
  }

  /** The receiver has taken it. */
  sent({ entries }: Parcel): void {
    for (const { alert, isOver, severity } of entries) {
      // If it fires again meanwhile, that is news.
      if (isOver) this.#told.delete(alert.id);
      else this.#told.set(alert.id, { alert, severity });
    }
  }

  #isNews(alert: Alert): boolean {
    const told = this.#told.get(alert.id);
    if (told === undefined) return true;
    // It was over for a moment, which the receiver was not told yet, and need not be.
    told.alert = alert;
    return told.severity !== "critical" && alert.severity === "critical";
  }

  #over(firing: readonly Alert[]): readonly Alert[] {
    const over: Alert[] = [];
    const now = new Set(firing.map(({ id }) => id));
    for (const [id, { alert }] of this.#told) {
      if (alert.state !== "resolved" || now.has(id)) continue;
      if (this.#timing.tellsResolved) over.push(alert);
      else this.#told.delete(id);
    }
    return over;
  }
}

function parcelOf(alerts: readonly Alert[], firing: number, isRepeat: boolean): Parcel {
  const entries = alerts.map((alert) => ({ alert, isOver: alert.state === "resolved", severity: alert.severity }));
  return { entries, firing, isRepeat };
}
