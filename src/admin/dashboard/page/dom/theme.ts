import { byId } from "./h.ts";

const KEY = "sluice-theme";
const THEMES = ["system", "light", "dark"] as const;
type Theme = (typeof THEMES)[number];

/** The button that changes the colours: as the system has them, light, dark. The choice is kept by the browser. */
export function startTheme(changed: () => void): void {
  const button = byId("theme");
  const stored = localStorage.getItem(KEY);
  let theme: Theme = THEMES.find((one) => one === stored) ?? "system";
  const apply = () => {
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    button.textContent = `Theme: ${theme}`;
    changed();
  };
  button.addEventListener("click", () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? "system";
    localStorage.setItem(KEY, theme);
    apply();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
  apply();
}
