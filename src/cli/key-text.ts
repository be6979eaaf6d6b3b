import type { NewKey } from "../identity/api-key/key-text.ts";
import { atLatest } from "../identity/latest.ts";
import type { IssueRequest } from "./key-command.ts";
import type { IssuedKey, ListedKey } from "./key-target.ts";

/** A key as it is told once. */
export function issuedText({ key, id, owner, expiresAt, previousUntil }: IssuedKey): string {
  const lines = [
    `key      ${key}`,
    `id       ${id}`,
    ...(owner === undefined ? [] : [`owner    ${owner}`]),
    ...(expiresAt === undefined ? [] : [`expires  ${expiresAt}`]),
    ...(previousUntil === undefined ? [] : [`The key before holds until ${previousUntil}.`]),
    "Keep it now: it is not shown again.",
  ];
  return `${lines.join("\n")}\n`;
}

const COLUMNS = ["id", "status", "owner", "tier", "scopes", "expires", "uses"] as const;

/** Keys as a table. */
export function listText(keys: readonly ListedKey[]): string {
  if (keys.length === 0) return "There are no keys.\n";
  const rows = keys.map(({ id, status, owner, tier, scopes, expiresAt, uses }) => {
    return [
      id,
      status,
      owner ?? "-",
      tier ?? "-",
      scopes.join(",") || "-",
      expiresAt?.slice(0, 10) ?? "-",
      String(uses),
    ];
  });
  const all = [[...COLUMNS], ...rows.map((row) => row.map(printable))];
  const widths = COLUMNS.map((_, i) => Math.max(...all.map((row) => row[i]?.length ?? 0)));
  const lines = all.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  return `${lines.join("\n")}\n`;
}

/** The entry of a new key for a file of keys: JSON texts are YAML. It has the hash alone. */
export function entryText({ id, hash }: NewKey, request: IssueRequest, now: number): string {
  const { owner, scopes, tier, metadata, expiresIn } = request;
  const fields = [
    `  - id: ${id}`,
    `    hash: sha256:${hash}`,
    ...(owner === undefined ? [] : [`    owner: ${JSON.stringify(owner)}`]),
    ...(scopes.length === 0 ? [] : [`    scopes: ${JSON.stringify(scopes)}`]),
    ...(tier === undefined ? [] : [`    tier: ${JSON.stringify(tier)}`]),
    ...(Object.keys(metadata).length === 0 ? [] : [`    metadata: ${JSON.stringify(metadata)}`]),
    ...(expiresIn === undefined
      ? []
      : [`    expires: ${new Date(atLatest(now + expiresIn)).toISOString().slice(0, 19)}Z`]),
  ];
  return `${fields.join("\n")}\n`;
}

/** Names that people have chosen must not move the cursor. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, "\ufffd");
}
