import { gzipSync } from "node:zlib";
import type { RouteConfig } from "../config/schema.ts";
import { type Encoded, encode, own } from "./encode.ts";
import { type JsonObject, objectAt } from "./json.ts";
import { type Merged, type MergeInput, type MergeOptions, mergeDocuments } from "./merge/merge.ts";
import { policyOf, type RoutePolicies } from "./policy/route-policy.ts";
import { type ReadDocument, readDocument, unpackDocument } from "./read.ts";
import type { ReportLine } from "./report.ts";
import { yamlText } from "./yaml-text.ts";

/** A document for a part of the operations: those with one of the tags, and those of the services. */
export interface AudienceConfig {
  readonly tags?: readonly string[];
  readonly services?: readonly string[];
}

/** What a merge is made of: plain data, for another thread. */
export interface MergeJob {
  readonly title: string;
  readonly version: string;
  readonly routes: readonly RouteConfig[];
  /** Services that are not to be documented. */
  readonly hidden: readonly string[];
  readonly policies: RoutePolicies;
  readonly audiences: Readonly<Record<string, AudienceConfig>>;
  readonly sources: readonly MergeSource[];
}

/** The document of a service: as it has come just now, and the good one before. */
export interface MergeSource {
  readonly service: string;
  readonly fresh: readonly Uint8Array[] | undefined;
  /** Compressed by gzip. */
  readonly kept: Uint8Array | undefined;
  /** In which version of OpenAPI that was written, where that is known. */
  readonly keptVersion?: string;
}

export interface MergeResult {
  readonly documents: readonly PublishedDocument[];
  /** Of each service, in the document of all. */
  readonly operations: Readonly<Record<string, number>>;
  readonly lines: readonly ReportLine[];
  readonly sources: readonly SourceVerdict[];
}

export interface PublishedDocument {
  /** Undefined for the one of all. */
  readonly audience: string | undefined;
  readonly json: Encoded;
  readonly yaml: Encoded;
  readonly paths: number;
}

/** What became of the document of a service. */
export interface SourceVerdict {
  readonly service: string;
  /** The fresh one as JSON, upgraded and compressed, if it is good: to be kept. Whoever reads it has little to do. */
  readonly kept?: Uint8Array;
  /** In which version of OpenAPI the one in use is written; undefined if none is. */
  readonly version?: string;
  /** Why the fresh one cannot be used. */
  readonly fault?: string;
}

type Merge = typeof mergeDocuments;

/** Does the whole of it. It takes its time, and is for a thread of its own. */
export function runJob(job: MergeJob, merge: Merge = mergeDocuments): MergeResult {
  const read = job.sources.map(readSource);
  const inputs = read.flatMap(({ service, found }) => {
    return found === undefined ? [] : [{ service, document: found.document }];
  });
  const options = optionsOf(job);
  const tried = mergeAll(inputs, options, merge);
  const audiences = Object.entries(job.audiences).map(([name, audience]) => {
    const isPublished = (service: string, tags: readonly string[]) => isFor(audience, service, tags);
    return [name, merge(tried.inputs, { ...options, isPublished })] as const;
  });
  return {
    documents: [[undefined, tried.merged] as const, ...audiences].map(([audience, { document }]) =>
      published(audience, document),
    ),
    operations: tried.merged.operations,
    lines: [...job.policies.lines, ...tried.lines, ...tried.merged.lines],
    sources: read.map(({ service, verdict }) => ({
      ...verdict,
      service,
      ...(tried.lines.find((line) => line.service === service) && { fault: MERGE_FAULT }),
    })),
  };
}

const MERGE_FAULT = "it cannot be merged";

/** One document that brings the merge down does not take the others along. */
function mergeAll(
  inputs: readonly MergeInput[],
  options: MergeOptions,
  merge: Merge,
): { readonly merged: Merged; readonly inputs: readonly MergeInput[]; readonly lines: readonly ReportLine[] } {
  try {
    return { merged: merge(inputs, options), inputs, lines: [] };
  } catch {
    const lines: ReportLine[] = [];
    const good = inputs.filter((input) => {
      try {
        merge([input], options);
        return true;
      } catch (error) {
        lines.push({ kind: "document-failed", service: input.service, message: `${MERGE_FAULT}: ${messageOf(error)}` });
        return false;
      }
    });
    return { merged: merge(good, options), inputs: good, lines };
  }
}

function optionsOf({ title, version, routes, hidden, policies }: MergeJob): MergeOptions {
  return {
    title,
    version,
    routes,
    hidden: new Set(hidden),
    policyOf: policyOf(policies),
  };
}

function isFor({ tags = [], services = [] }: AudienceConfig, service: string, own: readonly string[]): boolean {
  return services.includes(service) || own.some((tag) => tags.includes(tag));
}

interface SourceRead {
  readonly service: string;
  readonly found: ReadDocument | undefined;
  readonly verdict: Omit<SourceVerdict, "service">;
}

function readSource({ service, fresh, kept, keptVersion }: MergeSource): SourceRead {
  let fault: string | undefined;
  if (fresh !== undefined) {
    try {
      const bytes = Buffer.concat(fresh);
      const found = readDocument(bytes);
      const json = found.isAsWritten ? bytes : JSON.stringify(found.document);
      return { service, found, verdict: { version: found.version, kept: own(gzipSync(json)) } };
    } catch (error) {
      fault = messageOf(error);
    }
  }
  const found = kept === undefined ? undefined : readKept(kept);
  return {
    service,
    found,
    verdict: {
      ...(found !== undefined && { version: keptVersion ?? found.version }),
      ...(fault !== undefined && { fault }),
    },
  };
}

/** It was good when it was kept; what a store gives back may be anything. */
function readKept(kept: Uint8Array): ReadDocument | undefined {
  try {
    return unpackDocument(kept);
  } catch {
    return undefined;
  }
}

function published(audience: string | undefined, document: JsonObject): PublishedDocument {
  const paths = Object.keys(objectAt(document, "paths") ?? {}).length;
  return { audience, json: encode(JSON.stringify(document)), yaml: encode(yamlText(document)), paths };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
