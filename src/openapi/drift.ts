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

export interface DriftReport {
  /** Those seen most often first. */
  readonly lines: readonly DriftLine[];
  /** How many sightings there is no line of. */
  readonly others: number;
}

/** Of one kind at one service, at most: the first ones are kept, and how often there were others. */
const MOST_LINES = 100;
const MOST_SERVICES = 1_000;
const LONGEST = 200;

/** What is seen in traffic and not in the documents of services: who looks at requests notes it, the report tells it. */
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

  report(): DriftReport {
    const all = [...this.#kinds.values()];
    const lines = all.flatMap(({ lines: one }) => [...one.values()]);
    return { lines: lines.sort((a, b) => b.count - a.count), others: all.reduce((sum, { others }) => sum + others, 0) };
  }

  clear(): void {
    this.#kinds.clear();
  }
}

/** What several processes have seen. */
export function sumDrift(reports: readonly DriftReport[]): DriftReport {
  const lines = new Map<string, DriftLine>();
  for (const line of reports.flatMap((report) => report.lines)) {
    const key = `${line.kind} ${line.service} ${line.what}`;
    const known = lines.get(key);
    lines.set(key, known === undefined ? line : both(known, line));
  }
  return {
    lines: [...lines.values()].sort((a, b) => b.count - a.count),
    others: reports.reduce((sum, { others }) => sum + others, 0),
  };
}

function both(a: DriftLine, b: DriftLine): DriftLine {
  const [first = a.first] = [a.first, b.first].sort();
  const [, last = a.last] = [a.last, b.last].sort();
  return { ...a, count: a.count + b.count, first, last };
}

/** What keeps values beyond a reload. */
interface Keeper {
  state<T>(key: string, create: () => T): T;
  now(): number;
}

/** What this gateway has seen, one object as long as the process lives. */
export function driftOf(lasting: Keeper): Drift {
  return lasting.state("openapi drift", () => new Drift(lasting.now));
}
