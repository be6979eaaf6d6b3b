import type { State } from "../state.ts";
import { endSilence, silence } from "./alerts.ts";
import { decide } from "./canaries.ts";
import { purge, reload, revoke } from "./gateway.ts";
import type { Action } from "./run.ts";
import { drain, forceBreaker, undrain } from "./targets.ts";

/** Lets the buttons with `data-action` do what they say. One listener for all: the buttons come and go. */
export function startActions(state: State, done: () => void): void {
  const actions: Readonly<Record<string, Action>> = {
    reload,
    purge,
    revoke,
    drain: drain(state),
    undrain,
    breaker: forceBreaker,
    canary: decide,
    silence,
    unsilence: endSilence,
  };
  document.addEventListener("click", ({ target }) => {
    const button = target instanceof Element ? target.closest<HTMLElement>("[data-action]") : null;
    const action = actions[button?.dataset.action ?? ""];
    if (button === null || action === undefined) return;
    void action({ ...button.dataset }).finally(done);
  });
}
