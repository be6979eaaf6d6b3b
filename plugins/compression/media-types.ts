import { remembering } from "./bounded.ts";

/** Whether a `Content-Type` is one of these: `text/html`, `text/*`, `application/*+json`. */
export function mediaTypes(patterns: readonly string[]): (contentType: string) => boolean {
  const exact = new Set<string>();
  const open: { readonly start: string; readonly end: string }[] = [];
  for (const pattern of patterns) {
    const star = pattern.indexOf("*");
    if (star === -1) exact.add(pattern);
    else open.push({ start: pattern.slice(0, star), end: pattern.slice(star + 1) });
  }
  return remembering((contentType) => {
    const end = contentType.indexOf(";");
    const type = (end === -1 ? contentType : contentType.slice(0, end)).trim().toLowerCase();
    return exact.has(type) || open.some((one) => type.startsWith(one.start) && type.endsWith(one.end));
  });
}
