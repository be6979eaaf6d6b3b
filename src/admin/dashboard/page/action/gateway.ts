import type { Reload } from "../api/types.ts";
import { choice, field, question } from "../dom/dialog.ts";
import { h } from "../dom/h.ts";
import { some } from "../model/format.ts";
import { problemList } from "../view/system.ts";
import { type Action, run, textIn } from "./run.ts";

/** Has the files read, and taken over if nothing is wrong with them. */
export const reload: Action = async () => {
  const values = await question({
    title: "Reload the configuration?",
    text: [
      "The files are read and checked again, and taken over if nothing is wrong with them. No request fails for it, and no connection is closed.",
      "If something is wrong, nothing changes, and you see what and where.",
    ],
    action: "Reload",
  });
  if (values === undefined) return;
  await run<Reload>(
    "/api/reload",
    { method: "POST" },
    ({ result, changes }) => {
      if (result === "partial") return "The configuration was taken over by some workers only: see System.";
      return changes.length === 0
        ? "The configuration was read again: nothing has changed."
        : `The configuration was taken over, with ${some(changes.length, "change")}.`;
    },
    ({ problems }) => problemList(problems ?? []),
  );
};

const PURGES = [
  ["url", "one URL, all variants"],
  ["prefix", "all URLs that begin so"],
  ["tag", "replies with a tag"],
  ["key", "exactly one cache key"],
  ["all", "everything"],
] as const;

/** Removes stored replies, or makes them stale. */
export const purge: Action = async () => {
  const values = await question({
    title: "Purge the cache",
    text: [
      "Stored replies are removed in all gateways that share the store. The services are asked again for each of them, so expect more load there.",
    ],
    fields: [
      field("What", choice("kind", PURGES)),
      field(
        "URL, beginning, tag or key",
        h("input", { name: "value", type: "text", autocomplete: "off" }),
        "Left empty for everything.",
      ),
      field("Keep them as stale, to be asked about", h("input", { name: "soft", type: "checkbox" })),
    ],
    action: "Purge",
    isDangerous: true,
  });
  if (values === undefined) return;
  const kind = textIn(values, "kind");
  const query = new URLSearchParams({ [kind]: kind === "all" ? "true" : textIn(values, "value") });
  if (values.get("soft") !== null) query.set("soft", "true");
  await run<{ readonly purged: number }>(`/api/cache?${query}`, { method: "DELETE" }, ({ purged }) => {
    return `${some(purged, "URL")} ${purged === 1 ? "was" : "were"} purged here.`;
  });
};

const REVOCATIONS = [
  ["subject", "all tokens of a subject, issued until now"],
  ["jti", "the token with an id (jti)"],
  ["token", "one token, by its text"],
  ["kid", "all tokens that a key (kid) has signed"],
] as const;

/** Has tokens refused before they end. */
export const revoke: Action = async () => {
  const values = await question({
    title: "Revoke tokens",
    text: [
      "They are refused with 401 on every route whose jwt has a blacklist, from the next request on, by every gateway on the same store.",
      "Whoever has one must sign in again. The command gateway revoke --undo takes it back.",
    ],
    fields: [
      field("Which", choice("kind", REVOCATIONS)),
      field(
        "Subject, id, token or kid",
        h("input", { name: "value", type: "text", required: true, autocomplete: "off" }),
      ),
    ],
    action: "Revoke",
    isDangerous: true,
  });
  if (values === undefined) return;
  const kind = textIn(values, "kind");
  const value = textIn(values, "value");
  const what = kind === "token" ? "The token" : `${kind} ${value}`;
  await run("/api/revocations", { method: "POST", body: { [kind]: value } }, () => `${what} is revoked.`);
};
