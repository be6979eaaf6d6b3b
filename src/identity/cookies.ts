import type { HeaderList } from "../message/headers.ts";

/** The values of every cookie of that name, in their order, without the quotes that may be around them (RFC 6265 §4.2). */
export function readCookies(headers: HeaderList, name: string): string[] {
  const values: string[] = [];
  const { flat } = headers;
  for (let i = 0; i < flat.length; i += 2) {
    if (flat[i] !== "cookie") continue;
    for (const pair of (flat[i + 1] as string).split(";")) {
      if (nameOf(pair) !== name) continue;
      const value = pair.slice(pair.indexOf("=") + 1).trim();
      values.push(/^".*"$/.test(value) ? value.slice(1, -1) : value);
    }
  }
  return values;
}

/** Takes every cookie of that name out; what is left keeps its spelling. */
export function withoutCookie(headers: HeaderList, name: string): void {
  const lines = headers.getAll("cookie");
  const kept = lines.flatMap((line) => {
    const pairs = line.split(";").filter((pair) => nameOf(pair) !== name);
    const rest = pairs.join(";").trim();
    return rest === "" ? [] : rest;
  });
  headers.delete("cookie");
  for (const line of kept) headers.append("cookie", line);
}

/** Names are compared as they are written: a cookie's name has no escapes. */
function nameOf(pair: string): string | undefined {
  const end = pair.indexOf("=");
  return end < 0 ? undefined : pair.slice(0, end).trim();
}
