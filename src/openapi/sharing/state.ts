import type { KeptDocument } from "../documents/kept.ts";
import type { MergeOutcome, MergerOptions } from "../documents/merger.ts";
import { tagOf } from "../encode.ts";
import type { ServiceDocumentView } from "../view.ts";

/** How the document of one service is doing, without its bytes. */
export interface Standing {
  readonly service: string;
  /** Of the good copy; undefined if there is none. */
  readonly kept?: Omit<KeptDocument, "bytes"> | undefined;
  /** Of the bytes that the copy was made of, and of those that were no good. */
  readonly keptMark?: string | undefined;
  readonly refused?: { readonly mark: string; readonly fault: string } | undefined;
  readonly version?: string | undefined;
  readonly error?: ServiceDocumentView["error"];
  readonly hasAnswered: boolean;
}

/** What changes each time services are asked: a few hundred bytes for each. */
export interface DocumentsFacts extends Omit<MergeOutcome, "result"> {
  readonly services: readonly Standing[];
}

/** What changes with a merge: megabytes. */
export interface DocumentsContent {
  /** Undefined before the first merge. */
  readonly result: MergeOutcome["result"];
  /** The good copy of each service. */
  readonly kept: Readonly<Record<string, Uint8Array>>;
}

/** All that a process has to know to publish what another one has merged, and to go on where that one ends. */
export interface DocumentsState {
  readonly facts: DocumentsFacts;
  readonly content: DocumentsContent;
}

/** How that goes from one process to the others: what is long is in a file. */
export interface Handed {
  /** Of the configuration that it was made by. */
  readonly key: string;
  readonly file: string;
  readonly facts: DocumentsFacts;
}

/** The same in every process that publishes by the same configuration. */
export function configurationKey({
  openapi,
  config,
  policies,
}: Pick<MergerOptions, "openapi" | "config" | "policies">): string {
  const services = Object.entries(config.services).map(([name, service]) => [name, service.openapi]);
  return tagOf(Buffer.from(JSON.stringify([openapi, services, config.routes, policies])));
}
