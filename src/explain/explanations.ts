import type { ExplanationSummary } from "../trail/follower.ts";
import type { LiveReport } from "./live-report.ts";

/** Explanations that are kept: the oldest goes first. */
const MOST = 100;

interface Kept {
  readonly method: string;
  readonly path: string;
  report: LiveReport;
}

/** Those of several processes, the latest first. */
export function latestOf(lists: readonly (readonly ExplanationSummary[])[]): readonly ExplanationSummary[] {
  return lists
    .flat()
    .sort((a, b) => (a.at < b.at ? 1 : -1))
    .slice(0, MOST);
}

/** The latest requests that were followed. */
export class Explanations {
  readonly #kept = new Map<string, Kept>();

  /** One is under way. */
  begin(id: string, at: string, { method, path }: { readonly method: string; readonly path: string }): void {
    this.#kept.set(id, { method, path, report: { id, at } });
    if (this.#kept.size > MOST) this.#kept.delete(this.#kept.keys().next().value ?? "");
  }

  /** More is known of it; of one that is not kept any more nothing is. */
  put(id: string, more: Pick<LiveReport, "happened" | "explained">): void {
    const known = this.#kept.get(id);
    if (known !== undefined) known.report = { ...known.report, ...more };
  }

  find(id: string): LiveReport | undefined {
    return this.#kept.get(id)?.report;
  }

  /** The latest first. */
  list(): readonly ExplanationSummary[] {
    return [...this.#kept.values()].reverse().map(({ method, path, report: { id, at, happened } }) => {
      return { id, at, method, path, status: happened?.status };
    });
  }
}
