import type { Node } from "./node.ts";

/** Shorter values would tear words apart, and keep no secret. */
const SHORTEST_SECRET = 3;

/** A message of which every value that came into the node from a variable or a file is replaced by its name. */
export function conceal(message: string, node: Node): string {
  if (node.kind === "list") return node.items.reduce(conceal, message);
  if (node.kind === "map") return node.entries.reduce((text, { value }) => conceal(text, value), message);
  const { value, variables } = node;
  if (variables.length === 0 || typeof value !== "string" || value.length < SHORTEST_SECRET) return message;
  return message.replaceAll(value, () => variables.join(""));
}
