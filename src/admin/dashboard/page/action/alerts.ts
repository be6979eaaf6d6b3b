import { choice, field, question } from "../dom/dialog.ts";
import { h } from "../dom/h.ts";
import { type Action, run, textIn } from "./run.ts";

const LENGTHS = [
  ["15m", "15 minutes"],
  ["1h", "1 hour"],
  ["4h", "4 hours"],
  ["24h", "1 day"],
  ["168h", "1 week"],
] as const;

/** Silences alerts of a rule, where this one fires. */
export const silence: Action = async ({ rule, route, service }) => {
  const where = route ?? service;
  const values = await question({
    title: `Silence ${rule ?? "alerts"}${where === undefined ? "" : ` for ${where}`}?`,
    text: [
      "Nobody is told of it for so long. It goes on to be seen here, and tells again if it still fires afterwards.",
    ],
    fields: [
      field("For", choice("for", LENGTHS)),
      field(
        "Why",
        h("input", { name: "reason", type: "text", required: true, autocomplete: "off" }),
        "Others read it here.",
      ),
    ],
    action: "Silence",
    isDangerous: true,
  });
  if (values === undefined) return;
  const body = { for: textIn(values, "for"), reason: textIn(values, "reason"), rule, route, service };
  await run("/api/alerts/silences", { method: "POST", body }, () => `${rule ?? "It"} is silenced.`);
};

/** Lets alerts be told again. */
export const endSilence: Action = async ({ id = "" }) => {
  const values = await question({
    title: "End the silence?",
    text: ["Alerts that it has held back are told if they still fire."],
    action: "End the silence",
  });
  if (values === undefined) return;
  const path = `/api/alerts/silences/${encodeURIComponent(id)}`;
  await run(path, { method: "DELETE" }, () => "The silence has ended.");
};
