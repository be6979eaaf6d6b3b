import { readFile } from "node:fs/promises";
import type { Clock } from "./clock.ts";
import { type EndpointSlice, readSlice, sliceTargets } from "./endpoint-slices.ts";
import { ask, type HttpAnswer, HttpFault, jsonLines, readJson } from "./http.ts";
import { itemsOf, objectOf, textOf } from "./json.ts";
import type { Source, SourceSink } from "./source.ts";

export interface KubernetesOptions {
  /** Of the API server, without a path. */
  readonly url: string;
  readonly service: string;
  /** That of the pod, unless told. */
  readonly namespace?: string | undefined;
  /** Name or number; the only one unless told. */
  readonly port?: string | number | undefined;
  readonly scheme: "http" | "https";
  /** Read for each question: the cluster renews it. */
  readonly tokenFile: string;
  /** Read for each question; only for https. */
  readonly caFile: string;
  /** Where the pod's namespace is written. */
  readonly namespaceFile: string;
  /** Ms for an answer, and for a watch beyond its time. Default 10000. */
  readonly graceMs?: number;
  /** Between the beginnings of two watches, at least, in ms. Default 1000. */
  readonly pauseMs?: number;
}

const GRACE_MS = 10_000;
const PAUSE_MS = 1_000;
/** After so long the server ends a watch, and the next one goes on. */
const WATCH_S = 240;
const MAX_LIST_BYTES = 16_777_216;
const MAX_EVENT_BYTES = 1_048_576;
const GONE = 410;

/**
 * The ready endpoints of a service of Kubernetes: its EndpointSlices are listed once, then watched from there
 * (https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes).
 */
export function kubernetesSource(options: KubernetesOptions, clock: Clock): Source {
  return new KubernetesSource(options, clock);
}

class KubernetesSource implements Source {
  readonly label: string;
  readonly #options: KubernetesOptions;
  readonly #clock: Clock;
  readonly #slices = new Map<string, EndpointSlice>();
  /** Up to where the changes are known; undefined before the list, and when the server has forgotten that place. */
  #version: string | undefined = undefined;

  constructor(options: KubernetesOptions, clock: Clock) {
    this.label = `kubernetes ${options.service}`;
    this.#options = options;
    this.#clock = clock;
  }

  async follow(sink: SourceSink, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const startedAt = this.#clock.now();
      try {
        if (this.#version === undefined) await this.#list(sink, signal);
        await this.#watch(sink, signal);
      } catch (error) {
        if (!(error instanceof HttpFault) || error.status !== GONE) throw error;
        this.#version = undefined;
      }
      await this.#clock.sleep((this.#options.pauseMs ?? PAUSE_MS) - (this.#clock.now() - startedAt), signal);
    }
  }

  async #list(sink: SourceSink, signal: AbortSignal): Promise<void> {
    const list = objectOf(await readJson(await this.#ask("", 0, signal), MAX_LIST_BYTES));
    const version = textOf(objectOf(list?.metadata)?.resourceVersion);
    if (version === undefined) throw new Error("the answer is no list of EndpointSlices");
    const slices = itemsOf(list?.items, "items").map(readSlice);
    this.#slices.clear();
    for (const slice of slices) this.#slices.set(slice.name, slice);
    this.#version = version;
    this.#tell(sink);
  }

  async #watch(sink: SourceSink, signal: AbortSignal): Promise<void> {
    const query = `&watch=1&allowWatchBookmarks=true&timeoutSeconds=${WATCH_S}&resourceVersion=${this.#version}`;
    const answer = await this.#ask(query, WATCH_S * 1_000, signal);
    this.#tell(sink);
    for await (const line of jsonLines(answer, MAX_EVENT_BYTES)) {
      if (this.#takeOrForget(line)) this.#tell(sink);
    }
  }

  /** An event that is not understood may have changed anything: the next thing is a new list. */
  #takeOrForget(line: unknown): boolean {
    try {
      return this.#take(line);
    } catch (error) {
      this.#version = undefined;
      throw error;
    }
  }

  /** Takes an event; answers whether it has changed anything. Throws if the server has forgotten where the watch began. */
  #take(line: unknown): boolean {
    const { type, object } = objectOf(line) ?? {};
    if (type === "ERROR") throw new HttpFault(this.#options.url, Number(objectOf(object)?.code ?? 500));
    const version = textOf(objectOf(objectOf(object)?.metadata)?.resourceVersion);
    if (version === undefined) throw new Error("an event has no resourceVersion");
    if (type === "ADDED" || type === "MODIFIED") {
      const slice = readSlice(object);
      this.#slices.set(slice.name, slice);
    } else if (type === "DELETED") this.#slices.delete(readSlice(object).name);
    this.#version = version;
    return type !== "BOOKMARK";
  }

  #tell(sink: SourceSink): void {
    const { port, scheme } = this.#options;
    try {
      sink.found(sliceTargets(this.#slices.values(), port, scheme));
    } catch (error) {
      // The next change may put it right.
      sink.failed(error);
    }
  }

  /** Until the head, and then between two events, there is the time of the watch. */
  async #ask(more: string, waitMs: number, signal: AbortSignal): Promise<HttpAnswer> {
    const { url, service, tokenFile, caFile } = this.#options;
    const namespace = this.#options.namespace ?? (await read(this.#options.namespaceFile));
    const path = `/apis/discovery.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/endpointslices`;
    const selector = encodeURIComponent(`kubernetes.io/service-name=${service}`);
    const graceMs = this.#options.graceMs ?? GRACE_MS;
    return ask({
      url: `${url.replace(/\/$/, "")}${path}?labelSelector=${selector}${more}`,
      headers: { authorization: `Bearer ${await read(tokenFile)}` },
      ca: url.startsWith("https:") ? await read(caFile) : undefined,
      headMs: graceMs,
      idleMs: waitMs + graceMs,
      signal,
    });
  }
}

async function read(file: string): Promise<string> {
  return (await readFile(file, "utf8")).trim();
}
