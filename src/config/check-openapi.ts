import { isToken } from "../http1/chars.ts";
import type { Draft, ServiceEntry } from "./draft.ts";
import { unreadable } from "./file-path.ts";
import { below } from "./key-path.ts";
import { didYouMean } from "./nearest.ts";
import { entryOf, nearestNode } from "./node.ts";
import { documentLocation } from "./openapi-location.ts";
import { ownPaths } from "./openapi-paths.ts";
import { type Problem, problemAt } from "./problem.ts";
import type { OpenApiConfig } from "./schema-openapi.ts";

type Report = (keys: readonly (string | number)[], message: string, hint?: string) => void;

/** What the schema cannot tell of documents: where they are, and that nothing else is where they are published. */
export function checkOpenApi(draft: Draft): readonly Problem[] {
  const section = draft.main.openapi;
  return [
    ...(section === undefined || section === false ? [] : sectionProblems(draft, section)),
    ...[...draft.services.values()].flatMap(locationProblems),
  ];
}

function sectionProblems(draft: Draft, section: Partial<OpenApiConfig>): readonly Problem[] {
  const problems: Problem[] = [];
  const at: Report = (keys, message, hint) => {
    const place = ["openapi", ...keys];
    problems.push(problemAt(nearestNode(draft.root, place), below(undefined, ...place), message, hint));
  };
  for (const key of ["refresh", "timeout"] as const) {
    if (section[key] === 0) at([key], "nothing can be done in no time", "for example 10s");
  }
  if (section["max-bytes"] === 0) at(["max-bytes"], "no document is so short", "for example 16mb");
  for (const [name, audience] of Object.entries(section.documents ?? {})) {
    if (!/^[a-z0-9][a-z0-9_-]*$/.test(name)) {
      at(
        ["documents", name],
        `${JSON.stringify(name)} cannot be the name of a document: it is a part of its path`,
        "small letters, digits, hyphens and underscores",
      );
    }
    if (audience?.tags === undefined && audience?.services === undefined) {
      at(["documents", name], "nothing says which operations are in it", "give it tags or services");
    }
    for (const [index, service] of (audience?.services ?? []).entries()) {
      if (!draft.isComplete || service === undefined || draft.services.has(service)) continue;
      const hint = didYouMean(service, draft.services.keys());
      at(
        ["documents", name, "services", index],
        `expected the name of a service, found ${JSON.stringify(service)}`,
        hint,
      );
    }
  }
  const { path, docs } = section;
  if (path === undefined || docs === undefined) return problems;
  const own = ownPaths({ path, docs, documents: section.documents ?? {} });
  const twice = own.find((one, index) => own.indexOf(one) !== index);
  if (twice !== undefined) at(["docs"], `two things would be at ${twice}`);
  return [...problems, ...clashes(draft, new Set(own))];
}

/** The gateway's own paths are exact ones, so that a route clashes with them only where it is written so, too. */
function clashes({ routes }: Draft, own: ReadonlySet<string>): readonly Problem[] {
  return routes.flatMap(({ node, path, value }) => {
    if (value.path === undefined || !own.has(value.path)) return [];
    const message = `the gateway itself answers at ${value.path}: this route would never be reached`;
    const hint = "give openapi.path or openapi.docs another path, or the route";
    return [problemAt(nearestNode(node, ["path"]), below(path, "path"), message, hint)];
  });
}

function locationProblems({ node, path, value }: ServiceEntry): readonly Problem[] {
  const written = value.openapi;
  if (written === undefined || written === false) return [];
  const problems: Problem[] = [];
  const at: Report = (keys, message, hint) => {
    problems.push(problemAt(nearestNode(node, ["openapi", ...keys]), below(path, "openapi", ...keys), message, hint));
  };
  const location = documentLocation(written, nearestNode(node, ["openapi"]).source.directory);
  if (location === false) return [];
  const { url, file, headers } = location;
  const isText = typeof written === "string";
  const keyOf = (key: string) => (isText ? [] : [key]);
  if (!isText && waysOf(node) !== 1)
    at([], "expected one of path, url and file", "for example { path: /openapi.json }");
  if (location.path !== undefined && !/^\/[\x21\x22\x24-\x7e]*$/.test(location.path)) {
    at(
      keyOf("path"),
      "expected a path as it stands in a URL: visible ASCII without #",
      "escape what else there is: %20",
    );
  }
  if (url !== undefined && !isWebUrl(url)) {
    at(keyOf("url"), "expected a URL with http or https, a host and no password", "headers can carry a token");
  }
  const reason = file === undefined ? undefined : unreadable(file);
  if (reason !== undefined) {
    const hint = isText ? "a path on the service begins with /" : undefined;
    at(keyOf("file"), `expected the path of a file that can be read: ${reason}`, hint);
  }
  for (const [name, content] of Object.entries(headers ?? {})) {
    if (!isToken(name)) at(["headers", name], `${JSON.stringify(name)} cannot be the name of a header`);
    else if (/[^\t\x20-\x7e]/.test(content ?? "")) at(["headers", name], "a header's value is visible ASCII");
    else if (file !== undefined) at(["headers", name], "a file is read, not asked for: headers have no effect");
  }
  return problems;
}

/** As they are written: one that is not valid was meant all the same. */
function waysOf(node: ServiceEntry["node"]): number {
  const map = entryOf(node, "openapi")?.value;
  return ["path", "url", "file"].filter((key) => entryOf(map, key) !== undefined).length;
}

function isWebUrl(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || url.username !== "" || url.password !== "") return false;
  return url.protocol === "http:" || url.protocol === "https:";
}
