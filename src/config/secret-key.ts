import type { KeyPath } from "./key-path.ts";
import type { Node } from "./node.ts";
import { found } from "./words.ts";

/** Keys whose value is a secret, in the gateway's own configuration and that of plugins. */
const SECRET_KEY = /(^|[-_])(token|secret|password|passphrase|authorization|cookie|credentials?|api-key)$/i;

/** Keys whose values are secrets whatever they are named: by the section that they are in. */
const SECRETS: ReadonlyMap<string, readonly string[]> = new Map([
  // Passwords, or what is made of them, by the names of users.
  ["basic-auth", ["users"]],
  // Whoever knows the address of a webhook may send to it.
  ["webhooks", ["url", "headers"]],
  // A collector knows the gateway by them.
  ["telemetry", ["headers"]],
]);

export function isSecretKey(key: string): boolean {
  return SECRET_KEY.test(key);
}

/** Whether all is secret that is below the key in the section. */
export function areSecrets(section: string, key: string): boolean {
  return SECRETS.get(section)?.includes(key) === true;
}

/** Whether what is written there is nobody's business but its author's. */
export function isSecretPath(path: KeyPath | undefined): boolean {
  const keys: string[] = [];
  for (let step = path; step !== undefined; step = step.parent) {
    if (typeof step.key === "string") keys.unshift(step.key);
  }
  return isSecretKey(keys.at(-1) ?? "") || keys.some((key, index) => areSecrets(keys[index - 1] ?? "", key));
}

/** Completes "found …" without the value where that is a secret: problems go to the log and the admin port. */
export function foundAt(node: Node, path: KeyPath | undefined): string {
  if (node.kind !== "scalar" || node.variables.length > 0 || !isSecretPath(path)) return found(node);
  if (node.value === null || node.value === "" || typeof node.value === "boolean") return found(node);
  return `a ${typeof node.value === "number" ? "number" : "text"} that is not shown`;
}
