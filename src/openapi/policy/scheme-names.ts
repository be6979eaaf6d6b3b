import type { PluginPolicy, SecurityScheme } from "../../policy/plugin-policy.ts";
import { canonicalText } from "../merge/identity.ts";
import { order } from "../merge/names.ts";
import type { SchemeName } from "./requirements.ts";

/** Names the schemes of all routes: `jwt`, and where another route has a different one of that name, `jwt-2`. */
export function nameSchemes(policies: readonly PluginPolicy[]): SchemeName {
  const texts = new Map<string, Set<string>>();
  for (const { security } of policies) {
    for (const [name, scheme] of Object.entries(security?.schemes ?? {})) {
      texts.set(name, (texts.get(name) ?? new Set()).add(textOf(scheme)));
    }
  }
  const taken = new Set(texts.keys());
  const names = new Map<string, string>();
  for (const [name, different] of [...texts].sort(([a], [b]) => order(a, b))) {
    for (const [index, text] of [...different].sort(order).entries()) {
      names.set(`${name} ${text}`, index === 0 ? name : freeName(name, index + 1, taken));
    }
  }
  return (name, scheme) => names.get(`${name} ${textOf(scheme)}`) ?? name;
}

function textOf(scheme: SecurityScheme): string {
  return canonicalText({ ...scheme });
}

function freeName(name: string, from: number, taken: Set<string>): string {
  let number = from;
  while (taken.has(`${name}-${number}`)) number++;
  taken.add(`${name}-${number}`);
  return `${name}-${number}`;
}
