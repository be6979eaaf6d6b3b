import { type Draft, isObject, type JsonObject, listAt, textAt } from "../json.ts";
import type { Report } from "../report.ts";
import type { Source } from "../source.ts";
import { order } from "./names.ts";
import type { PlacedOperation } from "./place.ts";

/** The tags of the merged document. */
export interface Tags {
  /** Of an operation; one without is tagged with its service. */
  of(placed: PlacedOperation): readonly string[];
  readonly tags: readonly JsonObject[];
  /** By service, for the page. */
  readonly groups: readonly JsonObject[];
}

/** Names the tags: those of one service alone stay as they are, others get the service's name before theirs. */
export function nameTags(placed: readonly PlacedOperation[], report: Report): Tags {
  const bySource = new Map<Source, ReadonlyMap<string, JsonObject>>();
  const described = (source: Source) => {
    const known = bySource.get(source) ?? describedTags(source);
    bySource.set(source, known);
    return known;
  };
  const neededOf = ({ source, value }: PlacedOperation["operation"]) =>
    withParents(ownTags(source, value), described(source));
  const owners = new Map<string, Set<string>>();
  for (const { operation } of placed) {
    for (const tag of neededOf(operation)) {
      owners.set(tag, (owners.get(tag) ?? new Set()).add(operation.source.service));
    }
  }
  const nameIn = (source: Source, tag: string) =>
    (owners.get(tag)?.size ?? 0) > 1 ? `${source.service} / ${tag}` : tag;
  const tags = new Map<string, Draft>();
  const groups = new Map<string, Set<string>>();
  const of = ({ operation: { source, value } }: PlacedOperation) =>
    ownTags(source, value).map((tag) => nameIn(source, tag));
  for (const one of placed.toSorted((a, b) => order(a.operation.source.service, b.operation.source.service))) {
    const { source } = one.operation;
    for (const own of neededOf(one.operation)) {
      const name = nameIn(source, own);
      groups.set(source.service, (groups.get(source.service) ?? new Set()).add(name));
      if (tags.has(name)) continue;
      const { parent, ...rest } = described(source).get(own) ?? {};
      const isThere = typeof parent === "string" && described(source).has(parent);
      tags.set(name, { ...rest, name, ...(isThere && { parent: nameIn(source, parent) }) });
      if (name === own) continue;
      report.add({
        kind: "tag-renamed",
        service: source.service,
        message: `the tag ${own} is ${name}, for others have it too`,
      });
    }
  }
  return {
    of,
    tags: [...tags.values()].sort((a, b) => order(String(a.name), String(b.name))),
    groups: [...groups].map(([name, names]) => ({ name, tags: [...names].sort() })),
  };
}

/** Those tags, and those that they are below (OpenAPI 3.2 §4.22.1). */
function withParents(tags: readonly string[], described: ReadonlyMap<string, JsonObject>): ReadonlySet<string> {
  const needed = new Set(tags);
  // A set is walked on to what is added meanwhile.
  for (const tag of needed) {
    const parent = textAt(described.get(tag), "parent");
    if (parent !== undefined && described.has(parent)) needed.add(parent);
  }
  return needed;
}

/** What the document says of its tags, by their names; of two the first. */
function describedTags({ document }: Source): ReadonlyMap<string, JsonObject> {
  const named = listAt(document, "tags").flatMap((tag) => {
    const name = textAt(tag, "name");
    return isObject(tag) && name !== undefined ? [[name, tag] as const] : [];
  });
  return new Map(named.toReversed());
}

function ownTags({ service }: Source, operation: JsonObject): readonly string[] {
  const tags = listAt(operation, "tags").filter((tag) => typeof tag === "string");
  return tags.length > 0 ? tags : [service];
}
