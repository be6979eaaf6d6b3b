import type { SilenceRequest, SilenceView } from "../admin/alerts.ts";
import type { Logger } from "../observe/logger.ts";
import { Agreement } from "../store/agreement.ts";
import type { Store } from "../store/store.ts";
import type { Alert } from "./alert.ts";

/** At a time. */
const MOST_SILENCES = 100;
/** UTF-16 units of a text that another gateway tells. */
const LONGEST_TEXT = 1_000;

interface Silence extends Omit<SilenceRequest, "forMs"> {
  readonly id: string;
  readonly untilMs: number;
}

export interface SilencesOptions {
  readonly log: Logger;
  /** Ms since 1970. */
  now(): number;
  /** What gateways share; left out where they share nothing. */
  readonly store?: Store | undefined;
}

/** What nobody wants to be told of for a while. Each one ends by itself. Gateways that share a store have them together. */
export class Silences {
  readonly #agreement: Agreement<Silence>;

  constructor({ store, log, now }: SilencesOptions) {
    // What is over by the time that it is told of is not taken over: so it is in no text for long.
    const read = (value: unknown) => {
      const silence = readSilence(value);
      return silence === undefined || silence.untilMs <= now() ? undefined : silence;
    };
    this.#agreement = new Agreement({ store, name: "silences", log, now, read, most: MOST_SILENCES });
  }

  /** Whether other gateways, and this one after a restart, know of them. */
  get isShared(): boolean {
    return this.#agreement.isShared;
  }

  /** Goes by what is known in the store, until the signal aborts. */
  start(signal: AbortSignal): Promise<void> {
    return this.#agreement.start(signal, () => {
      // They are read at each look at the alerts.
    });
  }

  /** Undefined if there are as many as there may be. */
  add({ forMs, ...request }: SilenceRequest, at: number): SilenceView | undefined {
    this.#forget(at);
    if (this.#agreement.values.size >= MOST_SILENCES) return undefined;
    const silence = { ...request, id: crypto.randomUUID(), untilMs: at + forMs };
    void this.#agreement.set(silence.id, silence);
    return viewOf(silence);
  }

  /** False if there is none of that id. */
  end(id: string): boolean {
    if (!this.#agreement.values.has(id)) return false;
    void this.#agreement.set(id, undefined);
    return true;
  }

  /** The id of one that the alert falls under. All that a silence names has to fit; one that names nothing fits all. */
  match({ rule, subject }: Alert, services: readonly string[], at: number): string | undefined {
    for (const silence of this.#agreement.values.values()) {
      if (silence.untilMs <= at) continue;
      if (silence.rule !== undefined && silence.rule !== rule.name) continue;
      if (silence.route !== undefined && silence.route !== subject.route) continue;
      if (silence.service !== undefined && !services.includes(silence.service)) continue;
      return silence.id;
    }
    return undefined;
  }

  views(at: number): readonly SilenceView[] {
    this.#forget(at);
    return [...this.#agreement.values.values()].toSorted((a, b) => a.untilMs - b.untilMs).map(viewOf);
  }

  #forget(at: number): void {
    this.#agreement.forget(({ untilMs }) => untilMs <= at);
  }
}

function viewOf({ untilMs, ...silence }: Silence): SilenceView {
  return { ...silence, until: new Date(untilMs).toISOString() };
}

function readSilence(value: unknown): Silence | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { id, untilMs, reason, rule, route, service } = value as Partial<Record<keyof Silence, unknown>>;
  if (!isText(id) || !isText(reason) || typeof untilMs !== "number" || !(Math.abs(untilMs) <= 8.64e15))
    return undefined;
  const given = Object.entries({ rule, route, service }).filter(([, name]) => name !== undefined);
  if (!given.every(([, name]) => isText(name))) return undefined;
  return { id, untilMs, reason, ...(Object.fromEntries(given) as Pick<Silence, "rule" | "route" | "service">) };
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.length <= LONGEST_TEXT;
}
