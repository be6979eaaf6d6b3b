import { byId, type Child, h } from "./h.ts";

const SHOWN_MS = 12_000;
const MOST = 4;

/** Says what has become of an action. What went well goes after a while; a failure stays until it is taken away. */
export function tell(level: "good" | "critical", text: string, more?: Child): void {
  const box = byId("results");
  const close = h("button", { type: "button", class: "quiet", "aria-label": "Dismiss this message" }, "✕");
  const result = h("div", { class: "result", "data-level": level }, h("div", {}, h("p", {}, text), more), close);
  close.addEventListener("click", () => result.remove());
  box.append(result);
  while (box.childElementCount > MOST) box.firstElementChild?.remove();
  if (level === "good") setTimeout(() => result.remove(), SHOWN_MS);
}
