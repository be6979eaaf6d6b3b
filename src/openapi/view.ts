import type { DriftReport } from "./drift.ts";
import type { ReportLine } from "./report.ts";

/** How the published documents are doing, as the admin port tells it. */
export interface OpenApiReport {
  /** Empty before the first merge. */
  readonly documents: readonly PublishedView[];
  readonly services: readonly ServiceDocumentView[];
  /** What did not come into the documents as its service has written it, and why. */
  readonly lines: readonly ReportLine[];
  /** What was seen in traffic and is not in the documents: only a plugin that looks finds it. */
  readonly drift: DriftReport;
  /** When they were last merged, in ms since 1970. */
  readonly mergedAt?: number;
  /** How long that took, in ms. */
  readonly mergeMs?: number;
  /** Why the last merge has failed; the documents are those of an earlier one then. */
  readonly error?: string;
}

export interface PublishedView {
  readonly path: string;
  readonly etag: string;
  readonly bytes: number;
  readonly paths: number;
}

export interface ServiceDocumentView {
  readonly service: string;
  /** Where it comes from: without headers, and a URL without its query. Undefined if none is configured. */
  readonly location?: string;
  /**
   * "fresh": as the service has it; "stale": an earlier one, for it cannot be had now; "missing": there is none, so that its routes
   * are documented by themselves; "waiting": nobody has answered yet; "none" and "hidden": as configured.
   */
  readonly state: "fresh" | "stale" | "missing" | "waiting" | "none" | "hidden";
  /** Of the document in use: which OpenAPI it is written in. */
  readonly version?: string;
  readonly etag?: string;
  /** In the document of all. */
  readonly operations?: number;
  /** When the service has last said that it is this one, in ms since 1970. */
  readonly fetchedAt?: number;
  readonly error?: { readonly message: string; readonly at: number };
}
