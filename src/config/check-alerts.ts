import { accessSync, constants } from "node:fs";
import { dirname } from "node:path";
import { isToken } from "../http1/chars.ts";
import { ruleNames } from "./alert-names.ts";
import { checkRule, type Report } from "./check-alert-rule.ts";
import type { Draft } from "./draft.ts";
import { absolutePath, reasonOf } from "./file-path.ts";
import { below } from "./key-path.ts";
import { didYouMean } from "./nearest.ts";
import { nearestNode } from "./node.ts";
import { pemFault } from "./pem-fault.ts";
import { type Problem, problemAt } from "./problem.ts";
import type { AlertsConfig, RuleConfig, WebhookConfig } from "./schema-alerts.ts";

/** What the schema cannot tell of alerts: which keys go together, and that what they name is there. */
export function checkAlerts(draft: Draft): readonly Problem[] {
  const section: Partial<AlertsConfig> | undefined = draft.main.alerts;
  if (section === undefined) return [];
  const problems: Problem[] = [];
  const at: Report = (keys, message, hint) => {
    const place = ["alerts", ...keys];
    const problem = problemAt(nearestNode(draft.root, place), below(undefined, ...place), message, hint);
    // The line may have the URL of a webhook in it, or a header that opens it.
    problems.push(keys[0] === "webhooks" ? { ...problem, excerpt: undefined } : problem);
  };
  checkWebhooks(section.webhooks ?? [], at);
  checkTimes(section, at);
  checkState(section.anomalies?.state, draft, at);
  const names = ruleNames(draft);
  const seen = new Set<string>();
  for (const [index, rule] of (section.rules ?? []).entries()) {
    // What does not fit the schema is reported already.
    if (rule === undefined) continue;
    if (typeof rule === "string")
      checkBuiltIn(rule, names.builtIn, (message, hint) => at(["rules", index], message, hint));
    else checkOwn(rule, seen, (keys, message, hint) => at(["rules", index, ...keys], message, hint));
    if (typeof rule !== "string") checkRule(rule, names, draft, ["rules", index], at);
  }
  return problems;
}

function checkWebhooks(webhooks: readonly (Partial<WebhookConfig> | undefined)[], at: Report): void {
  const names = new Set<string>();
  for (const [index, webhook] of webhooks.entries()) {
    const { url, name, ca, timeout, headers = {} } = webhook ?? {};
    if (url !== undefined && !isHttpUrl(url)) {
      at(["webhooks", index, "url"], "expected a URL that begins with https:// or http://, without user and fragment");
    }
    if (name !== undefined && names.has(name)) {
      at(["webhooks", index, "name"], `two webhooks have the name ${JSON.stringify(name)}`);
    }
    if (name !== undefined) names.add(name);
    const fault = ca === undefined ? undefined : pemFault({ ca });
    if (fault !== undefined) at(["webhooks", index, "ca"], fault.message);
    for (const [header, value] of Object.entries(headers)) {
      if (isToken(header) && !/[\r\n\0]/.test(value)) continue;
      at(["webhooks", index, "headers", header], "expected a name and a value that a header can have");
    }
    if (timeout === 0) at(["webhooks", index, "timeout"], "nothing can be done in no time", "for example 5s");
  }
}

function isHttpUrl(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== "https:" && url.protocol !== "http:")) return false;
  return url.hostname !== "" && url.username === "" && url.password === "" && url.hash === "";
}

function checkTimes(section: Partial<AlertsConfig>, at: Report): void {
  const { repeat, "group-interval": interval } = section;
  if (repeat !== undefined && repeat < Math.max(interval ?? 0, 1_000)) {
    at(["repeat"], "expected at least 1s, and no less than group-interval", "for example 4h");
  }
}

function checkState(state: string | undefined, { root }: Draft, at: Report): void {
  if (state === undefined) return;
  const folder = dirname(absolutePath(root.source.directory, state));
  try {
    accessSync(folder, constants.W_OK);
  } catch (error) {
    at(["anomalies", "state"], `expected a file in a folder that can be written to: ${reasonOf(error)}`);
  }
}

function checkBuiltIn(name: string, known: readonly string[], at: (message: string, hint?: string) => void): void {
  if (known.includes(name)) return;
  const hint = didYouMean(name, known) ?? `there are ${known.join(", ")}`;
  at(`expected default, or the name of a rule that is built in, found ${JSON.stringify(name)}`, hint);
}

function checkOwn({ name }: Partial<RuleConfig>, seen: Set<string>, at: Report): void {
  if (name === undefined) return;
  if (seen.has(name)) at(["name"], `two rules have the name ${JSON.stringify(name)}`);
  seen.add(name);
}
