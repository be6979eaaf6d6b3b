import type { DocumentLocation } from "../../config/openapi-location.ts";
import type { Logger } from "../../observe/logger.ts";
import type { Store } from "../../store/store.ts";
import { tagOf } from "../encode.ts";
import type { KnownFile } from "../files/file-loader.ts";
import type { KnownParts } from "../files/whole-document.ts";

/** The last good document of a service. */
export interface KeptDocument extends KnownParts {
  /** Compressed by gzip; its files are in it. */
  readonly bytes: Uint8Array;
  /** In which version of OpenAPI the service has written it. */
  readonly version?: string;
  /** When the service has last said that it is still this one, in ms since 1970. */
  readonly at: number;
}

/** After this nobody knows what it has to do with the service any more. */
const KEPT_MS = 30 * 86_400_000;
/** A document that does not change is written again after this, so that it stays. */
const RENEW_MS = 86_400_000;
/** Beyond the store's own bound there is no point in waiting. */
const WAIT_MS = 2_000;

/** Good documents in the store, so that a gateway has them when it starts while services are down. */
export class KeptDocuments {
  readonly #store: Store;
  readonly #log: Logger;
  /** When each was written, by the clock of the documents. */
  readonly #savedAt = new Map<string, number>();

  constructor(store: Store, log: Logger) {
    this.#store = store;
    this.#log = log;
  }

  /** Undefined if there is none, or the store does not answer. */
  async load(service: string, location: DocumentLocation): Promise<KeptDocument | undefined> {
    try {
      const stored = await this.#store.getBytes(keyOf(service, location), { timeoutMs: WAIT_MS });
      return stored === undefined ? undefined : unpacked(stored);
    } catch (error) {
      this.#log.warn("a kept document cannot be read from the store", { service, error });
      return undefined;
    }
  }

  /** Writes one that is still the same, now and then. */
  async renew(service: string, location: DocumentLocation, document: KeptDocument): Promise<void> {
    if (document.at - (this.#savedAt.get(service) ?? 0) >= RENEW_MS) await this.save(service, location, document);
  }

  /** The document stays in memory whatever the store does. */
  async save(service: string, location: DocumentLocation, document: KeptDocument): Promise<void> {
    this.#savedAt.set(service, document.at);
    try {
      const key = keyOf(service, location);
      await this.#store.set(key, packed(document), { ttlMs: KEPT_MS }, { timeoutMs: WAIT_MS });
    } catch (error) {
      this.#log.warn("a document cannot be kept in the store: a restart will not have it", { service, error });
    }
  }
}

/** Documents are kept as they are after the upgrade: those of an earlier way to do that are asked for anew. */
const FORM = 2;

/** What comes from elsewhere is another document. Names of services have no colon. */
function keyOf(service: string, { path, url, file }: DocumentLocation): string {
  return `document:${FORM}:${service}:${tagOf(Buffer.from(JSON.stringify([path, url, file])))}`;
}

/** A line of JSON, then the bytes. */
function packed({ bytes, ...facts }: KeptDocument): Uint8Array {
  return Buffer.concat([Buffer.from(`${JSON.stringify(facts)}\n`), bytes]);
}

/** What does not tell of its files is asked for anew. */
function unpacked(stored: Uint8Array): KeptDocument | undefined {
  const end = stored.indexOf(0x0a);
  if (end < 0) return undefined;
  const facts = JSON.parse(Buffer.from(stored.subarray(0, end)).toString()) as Record<string, unknown>;
  const { etag, at, main, version } = facts;
  const files = Array.isArray(facts.files) ? facts.files.filter(isKnownFile) : undefined;
  return {
    bytes: stored.slice(end + 1),
    etag: typeof etag === "string" && files !== undefined ? etag : undefined,
    ...(typeof main === "string" && { main }),
    ...(typeof version === "string" && { version }),
    files: files ?? [],
    at: typeof at === "number" ? at : 0,
  };
}

function isKnownFile(value: unknown): value is KnownFile {
  return typeof value === "object" && value !== null && "file" in value && "mark" in value;
}
