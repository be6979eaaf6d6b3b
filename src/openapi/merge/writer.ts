import { copyNode, type Visitor } from "../copy.ts";
import { type Kind, type SECTIONS, sectionOf } from "../grammar.ts";
import { type Draft, isObject, type Json, type JsonObject, listAt, objectAt, pointerToken, textAt } from "../json.ts";
import type { Report } from "../report.ts";
import type { Component, Source } from "../source.ts";
import { reportBroken } from "./broken-reference.ts";
import { heirsOf } from "./reach.ts";

/** Under which names things of the services stand in the merged document. */
export interface Names {
  readonly components: ReadonlyMap<Component, string>;
  /** The new id, and the new pointer, of an operation by the pointer in its service's document; undefined: it is not there. */
  operationAt(source: Source, pointer: string): { readonly id: string; readonly pointer: string } | undefined;
  /** An operation's pointer by the id that it had. */
  pointerOf(source: Source, operationId: string): string | undefined;
  /** Another id for an operation that clients do not call: of a callback or a webhook. */
  freshId(source: Source, operationId: string): string;
}

/** Writes parts of one service's document as they stand in the merged one: what they refer to has another name there. */
export type Writer = (value: Json, kind: Kind) => Json;

export type WriterOf = (source: Source) => Writer;

/** A writer for each document: it knows what of it extends what. */
export function createWriters(names: Names, report: Report): WriterOf {
  const writers = new Map<Source, Writer>();
  return (source) => {
    const writer = writers.get(source) ?? createWriter(source, names, report);
    writers.set(source, writer);
    return writer;
  };
}

function createWriter(source: Source, names: Names, report: Report): Writer {
  const heirs = new Map([...heirsOf(source)].map(([parent, children]) => [parent.value, children]));
  const referenceTo = (component: Component): string => {
    return `#/components/${component.section}/${pointerToken(names.components.get(component) ?? component.name)}`;
  };
  const visitor: Visitor = {
    reference(ref, kind) {
      const component = source.locate(ref, kind);
      if (component !== undefined) return referenceTo(component);
      reportBroken(source, ref, kind, report);
      return `#/components/${sectionOf(kind) ?? "schemas"}/${UNKNOWN}`;
    },
    leave(copy, kind, original) {
      if (kind === "schema") writeNullable(copy);
      // A pointer is no identifier (JSON Schema 2020-12 §8.2.1), and it would be one to the place where this was before.
      if (kind === "schema" && typeof copy.$id === "string" && /#./.test(copy.$id)) delete copy.$id;
      if (kind === "schema" && isObject(original.discriminator)) writeMapping(copy, original);
      if (kind === "schema" && isObject(copy.discriminator)) writeDiscriminator(copy, copy.discriminator);
      if (kind === "operation") writeOperation(copy);
      if (kind === "response") writeLinks(copy, original);
      if (kind === "response" && copy.$ref === undefined) tidyResponse(copy);
      if (kind === "link") writeLink(copy);
      if (copy["x-internal"] === true) hide(copy, kind);
    },
  };

  /** A schema's name is the value that stands for it (OpenAPI 3.1 §4.8.25): where it has another one now, that is said. */
  function writeMapping(copy: Draft, original: JsonObject): void {
    const discriminator = objectAt(copy, "discriminator") ?? {};
    const mapping: Draft = { ...objectAt(discriminator, "mapping") };
    const named = [...listAt(original, "oneOf"), ...listAt(original, "anyOf")].flatMap((part) => {
      const ref = textAt(part, "$ref");
      const component = ref === undefined ? undefined : source.locate(ref, "schema");
      return component ?? [];
    });
    const own = heirs.get(original) ?? [];
    const mapped = new Set(Object.values(mapping));
    let isNeeded = false;
    for (const component of [...named, ...own]) {
      const reference = referenceTo(component);
      if (mapped.has(reference)) continue;
      if (names.components.get(component) !== component.name) isNeeded = true;
      if (!Object.hasOwn(mapping, component.name)) mapping[component.name] = reference;
      mapped.add(reference);
    }
    if (isNeeded) copy.discriminator = { ...discriminator, mapping };
  }

  /** Of callbacks; those that clients call are written anew by whoever places them. */
  function writeOperation(copy: Draft): void {
    if (typeof copy.operationId === "string") copy.operationId = names.freshId(source, copy.operationId);
    if (copy.security !== undefined) copy.security = writeSecurity(source, names, copy.security);
  }

  /** Where a link leads, if it is to an operation of this document; undefined if that is not there. */
  function linkTarget({ operationId, operationRef }: JsonObject): { readonly id: string } | undefined {
    const pointer =
      typeof operationId === "string" ? names.pointerOf(source, operationId) : pointerIn(textOf(operationRef));
    return pointer === undefined ? undefined : names.operationAt(source, pointer);
  }

  function writeLink(copy: Draft): void {
    if (isOutside(copy)) return;
    const target = linkTarget(copy);
    delete copy.operationRef;
    if (target !== undefined) copy.operationId = target.id;
  }

  /** A link to an operation that is not there leads nowhere. */
  function writeLinks(copy: Draft, original: JsonObject): void {
    const links = objectAt(copy, "links");
    if (links === undefined) return;
    const kept = Object.entries(objectAt(original, "links") ?? {}).flatMap(([name, link]) => {
      const resolved = source.resolve(link, "link");
      const isThere = resolved !== undefined && (isOutside(resolved) || linkTarget(resolved) !== undefined);
      if (isThere) return [[name, links[name] ?? null] as const];
      const to = textOf(resolved?.operationRef) ?? textOf(resolved?.operationId) ?? textAt(link, "$ref") ?? "nothing";
      const message = `the link ${name} leads to ${to}, which is not published: it is left out`;
      report.add({ kind: "reference-broken", service: source.service, message });
      return [];
    });
    if (kept.length > 0) copy.links = Object.fromEntries(kept);
    else delete copy.links;
  }

  return (value, kind) => copyNode(value, kind, visitor);
}

/** Undefined for a reference that leads out of the document. */
function pointerIn(operationRef: string | undefined): string | undefined {
  return operationRef?.startsWith("#") === true ? operationRef.slice(1) : undefined;
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** A link to an operation of another document, at a place that is the same from everywhere. */
function isOutside({ operationRef }: JsonObject): boolean {
  return typeof operationRef === "string" && /^[a-z][a-z\d+.-]*:/i.test(operationRef);
}

/**
 * Programs that make documents forget the description, which may be missing in OpenAPI 3.2 alone, and leave keys of schemas
 * beside the content, where they mean nothing.
 */
function tidyResponse(copy: Draft): void {
  for (const key of Object.keys(copy)) if (!RESPONSE_KEYS.has(key) && !key.startsWith("x-")) delete copy[key];
  copy.description ??= "";
}

const RESPONSE_KEYS: ReadonlySet<string> = new Set(["summary", "description", "headers", "content", "links"]);

/** Stands for what a broken reference was meant to lead to. */
export const UNKNOWN = "GatewayUnknown";

/** A keyword of OpenAPI 3.0 that the upgrade leaves where a schema has no type of its own. */
function writeNullable(copy: Draft): void {
  if (typeof copy.nullable !== "boolean") return;
  for (const key of ["anyOf", "oneOf"]) {
    if (copy.nullable && Array.isArray(copy[key])) copy[key] = [...listAt(copy, key), { type: "null" }];
  }
  if (copy.nullable && typeof copy.$ref === "string") {
    copy.anyOf = [{ $ref: copy.$ref }, { type: "null" }];
    delete copy.$ref;
  }
  delete copy.nullable;
}

/** One without a property tells nothing apart, and keys that it does not have are not understood. */
function writeDiscriminator(copy: Draft, { propertyName, mapping, defaultMapping }: JsonObject): void {
  if (typeof propertyName !== "string") delete copy.discriminator;
  else {
    copy.discriminator = {
      propertyName,
      ...(isObject(mapping) && { mapping }),
      ...(typeof defaultMapping === "string" && { defaultMapping }),
    };
  }
}

/** What is internal is there, for others refer to it, but says nothing. */
function hide(copy: Draft, kind: Kind): void {
  if (kind !== "schema") return;
  for (const key of Object.keys(copy)) delete copy[key];
  copy.description = "Internal.";
}

/** Security requirements with the names that schemes have in the merged document; those of schemes that are not there are left out. */
export function writeSecurity(source: Source, { components }: Pick<Names, "components">, security: Json): Json {
  if (!Array.isArray(security)) return [];
  return security.filter(isObject).flatMap((requirement) => {
    const written: Draft = {};
    for (const [name, scopes] of Object.entries(requirement)) {
      const scheme = source.component(`securitySchemes/${name}`);
      if (scheme === undefined) return [];
      written[components.get(scheme) ?? name] = scopes;
    }
    return [written];
  });
}

/** What each section has in the place of something unknown. */
export function unknownComponent(section: keyof typeof SECTIONS): Json {
  const description = "The service's document refers to something that is not in it.";
  switch (section) {
    case "responses":
      return { description };
    case "requestBodies":
      return { description, content: {} };
    case "parameters":
      return { name: "unknown", in: "query", description, schema: {} };
    case "headers":
      return { description, schema: {} };
    case "schemas":
      return { description };
    default:
      return {};
  }
}
