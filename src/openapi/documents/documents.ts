import { documentLocation } from "../../config/openapi-location.ts";
import type { Logger } from "../../observe/logger.ts";
import type { Family } from "../../observe/metrics/family.ts";
import type { Store } from "../../store/store.ts";
import type { Publication } from "../answer.ts";
import type { AskService } from "../ask-service.ts";
import type { Drift } from "../drift.ts";
import type { MergeResult } from "../job.ts";
import type { KnownOperations } from "../known-operations.ts";
import { documentFamilies } from "../metrics.ts";
import { unpackDocument } from "../read.ts";
import { readInThread } from "../reading/read-in-thread.ts";
import type { DocumentExchange } from "../sharing/exchange.ts";
import { configurationKey, type DocumentsState } from "../sharing/state.ts";
import type { OpenApiReport, ServiceDocumentView } from "../view.ts";
import { KeptDocuments } from "./kept.ts";
import type { MergerOptions } from "./merger.ts";
import { publicationsOf, publishedViews } from "./publications.ts";
import { Refresher } from "./refresher.ts";
import { ServiceDocument } from "./service-document.ts";

export interface DocumentsOptions extends MergerOptions {
  askOf(service: string): AskService;
  /** Whom the operations of services are told, for those who look at requests; undefined: nobody. */
  readonly operations?: KnownOperations;
  /** What is seen in traffic; undefined: nobody looks. */
  readonly drift?: Drift;
  /** Of the processes of a gateway, one of which follows the documents for all; undefined: this is no such process. */
  readonly exchange?: DocumentExchange;
  /** Undefined: copies are kept in memory alone. */
  readonly store: Store | undefined;
  readonly log: Logger;
}

const NO_DRIFT = { lines: [], others: 0 };
/** Of a compressed document: unpacking and reading it here would keep requests waiting for more than a few ms. */
const LARGE = 16_384;

/** Follows the documents of all services, and keeps what is published of them. */
export class Documents {
  readonly #options: DocumentsOptions;
  readonly #services: readonly ServiceDocument[];
  readonly #refresher: Refresher;
  readonly #abort = new AbortController();
  readonly #first = Promise.withResolvers<void>();
  #published: ReadonlyMap<string, Publication> = new Map();
  /** It asks and merges by itself. */
  #isLeading = false;
  #share: () => Promise<void> = async () => {};
  #leave: () => void = () => {};

  constructor(options: DocumentsOptions) {
    const log = options.log.with({ part: "openapi" });
    this.#options = options;
    this.#services = Object.entries(options.config.services).flatMap(([name, { openapi }]) => {
      const location = openapi === undefined ? false : documentLocation(openapi, "/");
      return location === false ? [] : [new ServiceDocument(name, location, options.askOf(name))];
    });
    const kept = options.store === undefined ? undefined : new KeptDocuments(options.store, log);
    this.#refresher = new Refresher({ ...options, log }, this.#services, kept, this.#abort.signal, {
      onResult: (result) => this.#publish(result),
      onKept: (one) => this.#tell(one),
      onRefreshed: () => this.#share(),
    });
  }

  /** Begins to follow them, or what another process makes of them; nobody has to wait for it. */
  start(): void {
    const { exchange } = this.#options;
    if (exchange === undefined) return this.#lead();
    const key = configurationKey(this.#options);
    const member = { key, lead: () => this.#lead(), adopt: (state: DocumentsState) => this.#adopt(state) };
    this.#share = () => exchange.share(member, this.#state());
    this.#leave = exchange.enter(member);
  }

  stop(): void {
    this.#leave();
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
    return this.#refresher.outcome.result;
  }

  /**
   * Asks all services now, and merges what has changed; where another process does so, takes what that has told. A call while this is
   * under way joins it. Never rejects.
   */
  refresh(): Promise<void> {
    const { exchange } = this.#options;
    if (exchange !== undefined && !this.#isLeading) return exchange.settled();
    return this.#refresher.refresh();
  }

  report(): OpenApiReport {
    const { openapi, drift } = this.#options;
    const { result, merged, error } = this.#refresher.outcome;
    return {
      documents: publishedViews(openapi, result),
      services: this.#serviceViews(result),
      lines: result?.lines ?? [],
      drift: drift?.report() ?? NO_DRIFT,
      ...(merged !== undefined && { mergedAt: merged.at, mergeMs: merged.ms }),
      ...(error !== undefined && { error }),
    };
  }

  /** For the metrics. */
  families(): readonly Family[] {
    return documentFamilies(this.report());
  }

  #serviceViews(result: MergeResult | undefined): readonly ServiceDocumentView[] {
    const followed = new Map(this.#services.map((one) => [one.service, one.view]));
    return Object.entries(this.#options.config.services).map(([service, { openapi }]) => {
      const view = followed.get(service) ?? { service, state: openapi === false ? "hidden" : "none" };
      const operations = result?.operations[service];
      return operations === undefined ? view : { ...view, operations };
    });
  }

  #lead(): void {
    if (this.#isLeading || this.#abort.signal.aborted) return;
    this.#isLeading = true;
    void this.#refresher.follow();
  }

  #state(): DocumentsState {
    const kept = this.#services.flatMap(({ service, kept: own }) => (own === undefined ? [] : [[service, own.bytes]]));
    const { result, ...facts } = this.#refresher.outcome;
    return {
      facts: { ...facts, services: this.#services.map(({ standing }) => standing) },
      content: { result, kept: Object.fromEntries(kept) },
    };
  }

  /** Goes on from where another process is. */
  #adopt({ facts: { services, ...facts }, content: { result, kept } }: DocumentsState): void {
    if (this.#isLeading) return;
    const standings = new Map(services.map((standing) => [standing.service, standing]));
    for (const one of this.#services) {
      const standing = standings.get(one.service);
      if (standing !== undefined && one.adopt(standing, kept[one.service])) this.#tell(one);
    }
    const { result: before } = this.#refresher.outcome;
    this.#refresher.adopt({ ...facts, result });
    if (result !== undefined && result !== before) this.#publish(result);
  }

  #publish(result: MergeResult): void {
    this.#published = publicationsOf(this.#options.openapi, result);
    this.#first.resolve();
  }

  /** A copy is unpacked when a plugin first asks for its operations. */
  #tell({ service, kept }: ServiceDocument): void {
    if (kept === undefined) return;
    const { operations } = this.#options;
    if (kept.bytes.byteLength < LARGE) operations?.put(service, () => unpackDocument(kept.bytes).document);
    else operations?.putLarge(service, () => readInThread(service, kept.bytes));
  }
}
