/** Whether no two items are the same (JSON Schema 2020-12 §6.4.3): in one pass, not each with each. */
export function areUnique(items: readonly unknown[]): boolean {
  const seen = new Set<unknown>();
  for (const item of items) {
    seen.add(typeof item === "object" && item !== null ? textOf(item) : typeof item === "string" ? `"${item}` : item);
  }
  return seen.size === items.length;
}

/** JSON with the names of each object in order. */
function textOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(textOf).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "";
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([name, inner]) => `${JSON.stringify(name)}:${textOf(inner)}`).join(",")}}`;
}
