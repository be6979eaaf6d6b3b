import type { HeaderList } from "../../src/plugin.ts";
import { ownText } from "./own-text.ts";

/** Tags of one response that are known, and characters of each. */
const MOST_TAGS = 128;
const LONGEST = 256;

/** The names under which a service can purge the response: those of Cache-Tag, by commas, and of Surrogate-Key, by blanks. */
export function tagsOf(headers: HeaderList): readonly string[] {
  const listed = headers.get("cache-tag");
  const spaced = headers.get("surrogate-key");
  if (listed === undefined && spaced === undefined) return NONE;
  const tags = new Set<string>();
  for (const tag of listed?.split(",") ?? []) add(tags, tag.trim());
  for (const tag of spaced?.split(/[\s,]+/) ?? []) add(tags, tag);
  return [...tags];
}

const NONE: readonly string[] = [];

function add(tags: Set<string>, tag: string): void {
  if (tag !== "" && tag.length <= LONGEST && tags.size < MOST_TAGS) tags.add(ownText(tag));
}
