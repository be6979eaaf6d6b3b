import { pauseMs } from "../model/pause.ts";

/** How a question was answered; what is missing in this gateway is asked for seldom. */
export type Answer = "good" | "failed" | "missing";

/** Something that is asked for again and again. */
export interface Poll {
  /** Asks at once, also if it would wait longer. */
  now(): void;
}

/** How often something is asked for, and when not. */
export interface PollOptions {
  /** Ms between the end of one question and the next one. */
  readonly everyMs: number;
  /** While false, it waits. */
  isWanted(): boolean;
}

const MISSING_PAUSE_MS = 30_000;

/**
 * Asks for as long as the page is open and to be seen. While the tab is hidden nothing is asked; it goes on when it is shown.
 * The job answers how it went.
 */
export function poll(job: () => Promise<Answer>, { everyMs, isWanted }: PollOptions): Poll {
  let failures = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isBusy = false;
  const run = async () => {
    if (isBusy) return;
    clearTimeout(timer);
    if (document.hidden) return;
    if (!isWanted()) return wait(everyMs);
    isBusy = true;
    const begun = performance.now();
    const answer = await job().catch(() => "failed" as const);
    isBusy = false;
    failures = answer === "failed" ? failures + 1 : 0;
    wait(answer === "missing" ? MISSING_PAUSE_MS : pauseMs(everyMs, failures, performance.now() - begun));
  };
  const wait = (ms: number) => {
    timer = setTimeout(run, ms);
  };
  document.addEventListener("visibilitychange", () => void run());
  void run();
  return { now: () => void run() };
}
