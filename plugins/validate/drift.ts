/** What is seen in traffic and not in the document. */
export const DRIFT_KINDS = ["path", "method", "parameter", "status"] as const;
export type DriftKind = (typeof DRIFT_KINDS)[number];

/** One such thing. */
export interface DriftLine {
  readonly service: string;
  readonly kind: DriftKind;
  /** `GET /users/{}/avatar`, `GET /users ?verbose`, `GET /users/{id} 418`. */
  readonly what: string;
  count: number;
  /** ISO 8601. */
  first: string;
  last: string;
}

/** Of one kind at one service, at most: the first ones are kept, and how often there were others. */
const MOST_LINES = 100;
const MOST_SERVICES = 1_000;
const LONGEST = 200;

/** Keeps what was seen, beyond reloads. */
export class Drift {
  readonly #kinds = new Map<string, { readonly lines: Map<string, DriftLine>; others: number }>();
  readonly #now: () => number;

  /** @param now wall-clock time in ms */
  constructor(now: () => number) {
    this.#now = now;
  }

  note(service: string, kind: DriftKind, text: string): void {
    const key = `${kind} ${service}`;
    let known = this.#kinds.get(key);
    if (known === undefined) {
      if (this.#kinds.size === MOST_SERVICES * DRIFT_KINDS.length) return;
      known = { lines: new Map(), others: 0 };
      this.#kinds.set(key, known);
    }
    const what = text.slice(0, LONGEST);
    const line = known.lines.get(what);
    const at = new Date(this.#now()).toISOString();
    if (line !== undefined) {
      line.count++;
      line.last = at;
    } else if (known.lines.size < MOST_LINES)
      known.lines.set(what, { service, kind, what, count: 1, first: at, last: at });
    else known.others++;
  }

  /** Those seen most often first, and how many sightings there is no line of. */
  report(): { readonly lines: readonly DriftLine[]; readonly others: number } {
    const all = [...this.#kinds.values()];
    const lines = all.flatMap(({ lines: one }) => [...one.values()]);
    return { lines: lines.sort((a, b) => b.count - a.count), others: all.reduce((sum, { others }) => sum + others, 0) };
  }

  clear(): void {
    this.#kinds.clear();
  }
}

const VARIABLE = /^(?:\d+|[0-9a-fA-F]{8,}|[0-9a-fA-F-]{32,}|.{33,}|.*%.*|.*[@:=].*|(?=.*\d)[\w-]{16,})$/;

/** A path without what is likely to be an id, a name or a secret. */
export function anonymousPath(path: string): string {
  return path
    .slice(0, 1_000)
    .split("/")
    .map((segment) => (VARIABLE.test(segment) ? "{}" : segment))
    .join("/");
}
