import { ApiError, askStream } from "../api/client.ts";
import { chunksOf, eventData } from "../api/events.ts";
import { fill } from "../dom/fill.ts";
import { byId, h } from "../dom/h.ts";
import { type LogLine, logLine } from "../model/log-line.ts";
import type { State } from "../state.ts";

/** Lines on the page; older ones go. */
const MOST_LINES = 500;
/** So long after the last key the filter is taken. */
const TYPING_MS = 300;
const AGAIN_MS = 2_000;

/** The tail of the log, which is read only while it is looked at. */
export interface LogTail {
  /** Begins, goes on or stops, as the state says. */
  update(): void;
}

/** The filter above the log, and its tail. Nothing is read before the view is looked at. */
export function startLog(state: State): LogTail {
  const lines = byId("log-lines");
  let reading: AbortController | undefined;
  let again: ReturnType<typeof setTimeout> | undefined;
  let isPaused = false;

  const isWanted = () => state.view === "log" && !isPaused && !state.needsToken && !document.hidden;
  const stop = () => {
    clearTimeout(again);
    again = undefined;
    reading?.abort();
    reading = undefined;
  };
  const begin = async () => {
    const controller = new AbortController();
    reading = controller;
    fill(lines, []);
    const told = await follow(controller.signal, (line) => append(lines, line));
    if (reading !== controller) return;
    reading = undefined;
    tell(told);
    if (isWanted()) again = setTimeout(update, AGAIN_MS);
  };
  const update = () => {
    if (!isWanted()) return stop();
    clearTimeout(again);
    again = undefined;
    if (reading === undefined) void begin();
  };
  const restart = () => {
    stop();
    update();
  };

  let typing: ReturnType<typeof setTimeout> | undefined;
  byId("log-text").addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(restart, TYPING_MS);
  });
  byId("log-level").addEventListener("change", restart);
  byId("log-clear").addEventListener("click", () => fill(lines, []));
  byId("log-pause").addEventListener("click", ({ target }) => {
    isPaused = !isPaused;
    if (target instanceof HTMLElement) target.setAttribute("aria-pressed", String(isPaused));
    if (isPaused) tell("Paused: lines that come now are not shown.");
    update();
  });
  document.addEventListener("visibilitychange", update);
  return {
    update() {
      // Every other event leaves a tail that is read, or waits to be read again, alone.
      if (!isWanted() || (reading === undefined && again === undefined)) update();
    },
  };
}

/** Reads until the end; answers what there is to say about it. */
async function follow(signal: AbortSignal, take: (line: LogLine) => void): Promise<string> {
  try {
    tell("Asking for the log …");
    const stream = await askStream(pathOf(), signal);
    tell("Live: new lines are added at the end.");
    for await (const data of eventData(chunksOf(stream))) take(logLine(data));
    return "The stream has ended: it is asked for again.";
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return "This gateway does not show its log here.";
    return `${error instanceof Error ? error.message : String(error)}: it is tried again.`;
  }
}

function pathOf(): string {
  const level = byId("log-level");
  const text = byId("log-text");
  const query = new URLSearchParams();
  if (level instanceof HTMLSelectElement) query.set("level", level.value);
  if (text instanceof HTMLInputElement && text.value !== "") query.set("contains", text.value);
  return `/api/log?${query}`;
}

function append(lines: HTMLElement, { time, level, message, fields }: LogLine): void {
  const isAtEnd = lines.scrollHeight - lines.scrollTop - lines.clientHeight < 40;
  const severity = h("span", { class: "level" }, level);
  const rest = fields === "" ? undefined : h("span", { class: "rest" }, ` ${fields}`);
  lines.append(h("p", { "data-level": level }, h("time", {}, time), " ", severity, " ", message, rest));
  while (lines.childElementCount > MOST_LINES) lines.firstElementChild?.remove();
  if (isAtEnd) lines.scrollTop = lines.scrollHeight;
}

function tell(text: string): void {
  fill(byId("log-state"), [text]);
}
