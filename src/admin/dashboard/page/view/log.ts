import { type Follower, follow } from "../api/follow.ts";
import { fill } from "../dom/fill.ts";
import { byId, h } from "../dom/h.ts";
import type { LogLine } from "../model/log-line.ts";
import type { State } from "../state.ts";

/** Lines on the page; older ones go. */
const MOST_LINES = 500;
/** So long after the last key the filter is taken. */
const TYPING_MS = 300;

/** The filter above the log, and its tail. Nothing is read before the view is looked at. */
export function startLog(state: State): Follower {
  const lines = byId("log-lines");
  let isPaused = false;
  /** Drawn together at the next frame: one by one, hundreds a second would leave the page no time for anything else. */
  let waiting: LogLine[] = [];
  const draw = () => {
    append(lines, waiting);
    waiting = [];
  };
  const tail = follow({
    isWanted: () => state.view === "log" && !isPaused && state.isLetIn && !document.hidden,
    path: pathOf,
    begins() {
      waiting = [];
      fill(lines, []);
    },
    take(line) {
      if (waiting.length === 0) requestAnimationFrame(draw);
      waiting.push(line);
      if (waiting.length > MOST_LINES) waiting.shift();
    },
    tell,
  });
  let typing: ReturnType<typeof setTimeout> | undefined;
  byId("log-text").addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(tail.restart, TYPING_MS);
  });
  byId("log-level").addEventListener("change", tail.restart);
  byId("log-clear").addEventListener("click", () => {
    waiting = [];
    fill(lines, []);
  });
  byId("log-pause").addEventListener("click", ({ target }) => {
    isPaused = !isPaused;
    if (target instanceof HTMLElement) target.setAttribute("aria-pressed", String(isPaused));
    if (isPaused) tell("Paused: lines that come now are not shown.");
    tail.update();
  });
  return tail;
}

function pathOf(): string {
  const level = byId("log-level");
  const text = byId("log-text");
  const query = new URLSearchParams();
  if (level instanceof HTMLSelectElement) query.set("level", level.value);
  if (text instanceof HTMLInputElement && text.value !== "") query.set("contains", text.value);
  return `/api/log?${query}`;
}

function append(box: HTMLElement, lines: readonly LogLine[]): void {
  const isAtEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 40;
  box.append(...lines.map(lineOf));
  while (box.childElementCount > MOST_LINES) box.firstElementChild?.remove();
  if (isAtEnd) box.scrollTop = box.scrollHeight;
}

function lineOf({ time, level, message, fields }: LogLine): HTMLElement {
  const severity = h("span", { class: "level" }, level);
  const rest = fields === "" ? undefined : h("span", { class: "rest" }, ` ${fields}`);
  return h("p", { "data-level": level }, h("time", {}, time), " ", severity, " ", message, rest);
}

function tell(text: string): void {
  fill(byId("log-state"), [text]);
}
