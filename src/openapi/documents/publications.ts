import { type DocumentPaths, documentPaths } from "../../config/openapi-paths.ts";
import type { OpenApiConfig } from "../../config/schema-openapi.ts";
import type { Publication } from "../answer.ts";
import type { Encoded } from "../encode.ts";
import type { MergeResult, PublishedDocument } from "../job.ts";
import type { PublishedView } from "../view.ts";

/** What of a merge stands at which path of the gateway. */
export function publicationsOf(openapi: OpenApiConfig, result: MergeResult): ReadonlyMap<string, Publication> {
  const pairs = placed(openapi, result).flatMap(([{ json, yaml }, found]) => [
    publish(json, "json", found.json),
    publish(yaml, "yaml", found.yaml),
  ]);
  return new Map(pairs);
}

/** The same for people; empty before the first merge. */
export function publishedViews(openapi: OpenApiConfig, result: MergeResult | undefined): readonly PublishedView[] {
  return placed(openapi, result).map(([{ json: path }, { json, paths }]) => {
    return { path, etag: `"${json.tag}"`, bytes: json.plain.byteLength, paths };
  });
}

function placed(
  openapi: OpenApiConfig,
  result: MergeResult | undefined,
): readonly (readonly [DocumentPaths, PublishedDocument])[] {
  return documentPaths(openapi).flatMap((paths) => {
    const found = result?.documents.find(({ audience }) => audience === paths.audience);
    return found === undefined ? [] : [[paths, found] as const];
  });
}

function publish(path: string, format: string, content: Encoded): readonly [string, Publication] {
  return [path, { type: `application/${format}`, content, fields: [] }];
}
