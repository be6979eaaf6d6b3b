import { documentLocation } from "../config/openapi-location.ts";
import { documentPaths } from "../config/openapi-paths.ts";
import type { Config } from "../config/schema.ts";
import type { OpenApiConfig } from "../config/schema-openapi.ts";
import type { Logger } from "../observe/logger.ts";
import type { Family } from "../observe/metrics/family.ts";
import { pause } from "../pause.ts";
import type { Store } from "../store/store.ts";
import type { Publication } from "./answer.ts";
import type { AskService } from "./ask-service.ts";
import { DocumentFaults } from "./document-faults.ts";
import type { Drift } from "./drift.ts";
import type { Encoded } from "./encode.ts";
import type { MergeJob, MergeResult } from "./job.ts";
import { KeptDocuments } from "./kept.ts";
import type { KnownOperations } from "./known-operations.ts";
import { documentFamilies } from "./metrics.ts";
import { unpackDocument } from "./read.ts";
import { RefreshPace } from "./refresh-pace.ts";
import type { RoutePolicies } from "./route-policy.ts";
import { ServiceDocument } from "./service-document.ts";
import { mergeInThread } from "./thread.ts";
import type { OpenApiReport, ServiceDocumentView } from "./view.ts";

export interface DocumentsOptions {
  readonly openapi: OpenApiConfig;
  readonly config: Pick<Config, "services" | "routes">;
  readonly policies: RoutePolicies;
  askOf(service: string): AskService;
  /** Whom the operations of services are told, for those who look at requests; undefined: nobody. */
  readonly operations?: KnownOperations;
  /** What is seen in traffic; undefined: nobody looks. */
  readonly drift?: Drift;
  /** Undefined: copies are kept in memory alone. */
  readonly store: Store | undefined;
  readonly log: Logger;
  /** Wall-clock time in ms since 1970. */
  now(): number;
  /** In a thread, unless told. */
  readonly merge?: typeof mergeInThread;
}

const NO_DRIFT = { lines: [], others: 0 };
/** A first document is not kept back longer for services that are slow. */
const FIRST_MS = 1_000;
/** Services that are asked at the same time. */
const AT_ONCE = 4;

/** Follows the documents of all services, and keeps what is published of them. */
export class Documents {
  readonly #options: DocumentsOptions;
  readonly #log: Logger;
  readonly #services: readonly ServiceDocument[];
  readonly #kept: KeptDocuments | undefined;
  readonly #abort = new AbortController();
  readonly #first = Promise.withResolvers<void>();
  readonly #faults: DocumentFaults;
  readonly #pace: RefreshPace;
  #published: ReadonlyMap<string, Publication> = new Map();
  #result: MergeResult | undefined = undefined;
  #merged: { readonly at: number; readonly ms: number } | undefined = undefined;
  #mergeError: string | undefined = undefined;
  #cycle: Promise<void> | undefined = undefined;
  #merging: Promise<void> = Promise.resolve();
  /** A merge has failed: fresh documents go into the next ones singly. */
  #isCautious = false;

  constructor(options: DocumentsOptions) {
    this.#options = options;
    this.#log = options.log.with({ part: "openapi" });
    this.#faults = new DocumentFaults(this.#log);
    this.#pace = new RefreshPace(options.openapi.refresh);
    this.#kept = options.store === undefined ? undefined : new KeptDocuments(options.store, this.#log);
    this.#services = Object.entries(options.config.services).flatMap(([name, { openapi }]) => {
      const location = openapi === undefined ? false : documentLocation(openapi, "/");
      return location === false ? [] : [new ServiceDocument(name, location, options.askOf(name))];
    });
  }

  /** Begins to follow them; nobody has to wait for it. */
  start(): void {
    void this.#follow();
  }

  stop(): void {
    this.#abort.abort();
    this.#first.resolve();
  }

  /** Resolves when something is published for the first time, or the gateway stops. */
  get first(): Promise<void> {
    return this.#first.promise;
  }

  at(path: string): Publication | undefined {
    return this.#published.get(path);
  }

  /** What was merged last: for a command, which publishes nothing. */
  get result(): MergeResult | undefined {
    return this.#result;
  }

  /** Asks all services now, and merges what has changed. A call while this is under way joins it. Never rejects. */
  refresh(): Promise<void> {
    this.#cycle ??= this.#ask()
      .then(() => this.#mergeChanges())
      .finally(() => {
        this.#cycle = undefined;
      });
    return this.#cycle;
  }

  report(): OpenApiReport {
    const { openapi, config } = this.#options;
    const followed = new Map(this.#services.map((one) => [one.service, one.view]));
    const services = Object.entries(config.services).map(([service, { openapi: own }]): ServiceDocumentView => {
      const view = followed.get(service) ?? { service, state: own === false ? "hidden" : "none" };
      const operations = this.#result?.operations[service];
      return operations === undefined ? view : { ...view, operations };
    });
    const documents = documentPaths(openapi).flatMap(({ audience, json: path }) => {
      const found = this.#result?.documents.find((one) => one.audience === audience);
      if (found === undefined) return [];
      const { json, paths } = found;
      return [{ path, etag: `"${json.tag}"`, bytes: json.plain.byteLength, paths }];
    });
    return {
      documents,
      services,
      lines: this.#result?.lines ?? [],
      drift: this.#options.drift?.report() ?? NO_DRIFT,
      ...(this.#merged !== undefined && { mergedAt: this.#merged.at, mergeMs: this.#merged.ms }),
      ...(this.#mergeError !== undefined && { error: this.#mergeError }),
    };
  }

  /** For the metrics. */
  families(): readonly Family[] {
    return documentFamilies(this.report());
  }

  async #follow(): Promise<void> {
    const { signal } = this.#abort;
    await Promise.all(this.#services.map((one) => this.#restore(one)));
    const first = this.refresh();
    const early = Promise.withResolvers<void>();
    const timer = setTimeout(early.resolve, FIRST_MS);
    await Promise.race([first, early.promise]);
    clearTimeout(timer);
    if (this.#result === undefined && !signal.aborted) await this.#merge();
    await first;
    while (!signal.aborted) {
      await pause(this.#pace.next(this.#isFailing()), signal);
      if (!signal.aborted) await this.refresh();
    }
  }

  async #restore(one: ServiceDocument): Promise<void> {
    const kept = await this.#kept?.load(one.service, one.location);
    if (kept === undefined) return;
    one.restore(kept);
    this.#tell(one);
  }

  #isFailing(): boolean {
    return this.#mergeError !== undefined || this.#services.some(({ error }) => error !== undefined);
  }

  async #ask(): Promise<void> {
    const { openapi, now } = this.#options;
    const bounds = { maxBytes: openapi["max-bytes"], timeoutMs: openapi.timeout, signal: this.#abort.signal };
    const left = [...this.#services];
    const askNext = async () => {
      for (let one = left.shift(); one !== undefined; one = left.shift()) await one.fetch(bounds, now);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, askNext));
  }

  async #mergeChanges(): Promise<void> {
    if (this.#abort.signal.aborted) return;
    let isDue = this.#result === undefined || this.#mergeError !== undefined;
    for (let turn = 0; turn <= this.#services.length; turn++) {
      if (!isDue && !this.#services.some(({ isChanged }) => isChanged)) break;
      await this.#merge();
      isDue = false;
    }
    this.#faults.tell(this.#services);
    for (const one of this.#services) {
      if (one.kept !== undefined) await this.#kept?.renew(one.service, one.location, one.kept);
    }
  }

  /** One after the other, so that the latest is made of the latest. */
  #merge(): Promise<void> {
    this.#merging = this.#merging.then(() => this.#mergeNow());
    return this.#merging;
  }

  async #mergeNow(): Promise<void> {
    const { now } = this.#options;
    const startedAt = performance.now();
    try {
      const { merge = mergeInThread } = this.#options;
      const result = await merge(this.#job(), this.#abort.signal);
      const ms = Math.round(performance.now() - startedAt);
      this.#mergeError = undefined;
      this.#merged = { at: now(), ms };
      this.#publish(result);
      const paths = result.documents[0]?.paths ?? 0;
      this.#log.info("the documents of the services are merged", { paths, lines: result.lines.length, durationMs: ms });
      await this.#settle(result);
      if (!this.#services.some(({ isChanged }) => isChanged)) this.#isCautious = false;
    } catch (error) {
      if (this.#abort.signal.aborted) return;
      this.#blame();
      this.#mergeError = error instanceof Error ? error.message : String(error);
      this.#log.error("the documents of the services cannot be merged", { reason: this.#mergeError });
    }
  }

  /** What brings the merge down is found by merging the fresh documents one by one, when they have come again. */
  #blame(): void {
    const suspects = this.#services.filter(({ isInMerge }) => isInMerge);
    for (const one of suspects) one.giveUp(suspects.length === 1, this.#options.now());
    this.#isCautious = suspects.length > 0;
  }

  #job(): MergeJob {
    const { openapi, config, policies } = this.#options;
    const next = this.#services.find(({ isChanged }) => isChanged);
    return {
      title: openapi.title,
      version: openapi.version,
      routes: config.routes,
      hidden: Object.entries(config.services).flatMap(([name, { openapi: own }]) => (own === false ? [name] : [])),
      policies,
      audiences: openapi.documents,
      sources: this.#services.map((one) => one.toSource(!this.#isCautious || one === next)),
    };
  }

  #publish(result: MergeResult): void {
    this.#result = result;
    const pairs = documentPaths(this.#options.openapi).flatMap(({ audience, json, yaml }) => {
      const found = result.documents.find((one) => one.audience === audience);
      return found === undefined ? [] : [publish(json, "json", found.json), publish(yaml, "yaml", found.yaml)];
    });
    this.#published = new Map(pairs);
    this.#first.resolve();
  }

  async #settle({ sources }: MergeResult): Promise<void> {
    for (const one of this.#services) {
      const verdict = sources.find(({ service }) => service === one.service);
      const kept = verdict === undefined ? undefined : one.settle(verdict, this.#options.now());
      if (kept === undefined) continue;
      this.#tell(one);
      await this.#kept?.save(one.service, one.location, kept);
    }
  }

  /** A copy is unpacked when a plugin first asks for its operations. */
  #tell({ service, kept }: ServiceDocument): void {
    if (kept === undefined) return;
    this.#options.operations?.put(service, () => unpackDocument(kept.bytes).document);
  }
}

function publish(path: string, format: string, content: Encoded): readonly [string, Publication] {
  return [path, { type: `application/${format}`, content, fields: [] }];
}
