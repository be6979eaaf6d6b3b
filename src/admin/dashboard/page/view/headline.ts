import { fill } from "../dom/fill.ts";
import { byId, h } from "../dom/h.ts";
import { type Diagnosis, diagnose } from "../model/diagnosis.ts";
import type { Facts, Finding } from "../model/facts.ts";
import { ago } from "../model/format.ts";
import type { State } from "../state.ts";
import { badge } from "./badge.ts";

const WORDS = { critical: "critical", warning: "problem", note: "note" } as const;

let news = "";

/** The sentence at the top, the state of the connection, and, in the overview, all findings. */
export function renderHeadline(state: State, facts: Facts): void {
  const diagnosis = inPlaceOf(state) ?? diagnose(facts);
  byId("headline").dataset.level = diagnosis.level;
  fill(byId("headline-text"), [diagnosis.headline]);
  fill(byId("headline-advice"), [diagnosis.advice]);
  document.title = `${diagnosis.level === "good" ? "" : "! "}${diagnosis.headline} – Sluice`;
  fill(byId("link"), [connection(state)]);
  fill(byId("findings"), findingList(diagnosis.findings));
  if (diagnosis.news === news) return;
  news = diagnosis.news;
  fill(byId("news"), [diagnosis.headline]);
}

/** What there is to say as long as nothing is known of the gateway. */
function inPlaceOf(state: State): Diagnosis | undefined {
  const say = (headline: string, advice: string, key: string): Diagnosis => {
    return { headline, level: "warning", advice, findings: [], news: key };
  };
  if (state.awaySince !== undefined) return undefined;
  if (state.needsToken) return say("Sign in to see how the gateway is", "The admin port asks for its token.", "token");
  if (state.refusal !== undefined) return say("The admin port refuses this page", state.refusal, "refused");
  if (state.heardAt !== undefined && state.seconds === undefined && state.services.length === 0) {
    return say("Asking the gateway how it is …", "", "asking");
  }
  return undefined;
}

function connection({ awaySince, heardAt }: State): HTMLElement {
  const now = Date.now();
  if (awaySince !== undefined) return badge({ word: "away, trying again", level: "critical" });
  if (heardAt === undefined) return badge({ word: "connecting", level: "note" });
  return badge({
    word: now - heardAt < 5_000 ? "live" : `heard ${ago(new Date(heardAt).toISOString(), now)}`,
    level: "good",
  });
}

function findingList(findings: readonly Finding[]): readonly HTMLElement[] {
  // One alone is the headline.
  if (findings.length === 0 || (findings.length === 1 && findings[0]?.level !== "note")) return [];
  const items = findings
    .slice(0, MOST_FINDINGS)
    .map(({ key, level, text, advice, view }) =>
      h(
        "li",
        { "data-key": key, "data-level": level },
        h("p", { class: "finding" }, badge({ word: WORDS[level], level }), " ", h("a", { href: `#/${view}` }, text)),
        h("p", { class: "hint" }, advice),
      ),
    );
  const rest = findings.length - items.length;
  return [
    h("h3", { "data-key": "title" }, "What needs attention"),
    h("ol", { class: "findings", "data-key": "list" }, items),
    ...(rest > 0 ? [h("p", { class: "hint", "data-key": "rest" }, `And ${rest} more.`)] : []),
  ];
}

const MOST_FINDINGS = 20;
