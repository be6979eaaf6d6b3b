/** The values of every parameter of that name in a query without its "?", decoded as a form's are. */
export function readQuery(query: string | undefined, name: string): string[] {
  const values: string[] = [];
  if (query === undefined) return values;
  for (const pair of query.split("&")) {
    if (nameOf(pair) !== name) continue;
    const end = pair.indexOf("=");
    values.push(end < 0 ? "" : decoded(pair.slice(end + 1)));
  }
  return values;
}

/** The query without these parameters; what is left keeps its spelling. Undefined if nothing is left. */
export function withoutParameter(query: string | undefined, name: string): string | undefined {
  const rest = query?.split("&").filter((pair) => nameOf(pair) !== name);
  return rest === undefined || rest.length === 0 ? undefined : rest.join("&");
}

/** Services decode names: `%74oken` is `token` to them. */
function nameOf(pair: string): string {
  const end = pair.indexOf("=");
  return decoded(end < 0 ? pair : pair.slice(0, end));
}

/** What is not well-formed stays as it is. */
function decoded(text: string): string {
  if (!text.includes("%") && !text.includes("+")) return text;
  const spaced = text.replaceAll("+", " ");
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced;
  }
}
