import type { SilenceRequest, SilenceView } from "../admin/alerts.ts";
import type { Alert } from "./alert.ts";

/** At a time. */
const MOST_SILENCES = 100;

interface Silence extends Omit<SilenceRequest, "forMs"> {
  readonly id: string;
  readonly untilMs: number;
}

/** What nobody wants to be told of for a while. Each one ends by itself. */
export class Silences {
  readonly #silences = new Map<string, Silence>();

  /** Undefined if there are as many as there may be. */
  add({ forMs, ...request }: SilenceRequest, at: number): SilenceView | undefined {
    this.#forget(at);
    if (this.#silences.size >= MOST_SILENCES) return undefined;
    const silence = { ...request, id: crypto.randomUUID(), untilMs: at + forMs };
    this.#silences.set(silence.id, silence);
    return viewOf(silence);
  }

  /** False if there is none of that id. */
  end(id: string): boolean {
    return this.#silences.delete(id);
  }

  /** The id of one that the alert falls under. All that a silence names has to fit; one that names nothing fits all. */
  match({ rule, subject }: Alert, services: readonly string[], at: number): string | undefined {
    for (const silence of this.#silences.values()) {
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
    return [...this.#silences.values()].map(viewOf);
  }

  #forget(at: number): void {
    for (const { id, untilMs } of this.#silences.values()) if (untilMs <= at) this.#silences.delete(id);
  }
}

function viewOf({ untilMs, ...silence }: Silence): SilenceView {
  return { ...silence, until: new Date(untilMs).toISOString() };
}
