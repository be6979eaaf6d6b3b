import { readFileSync } from "node:fs";
import type { CertificateInfo } from "../config/certificate.ts";
import { type Watching, watchFiles } from "../config/file-watch.ts";
import type { ListenConfig } from "../config/schema.ts";
import type { Logger } from "../observe/logger.ts";
import { isValidAt, lostNames, ownNames } from "./renewed.ts";
import { type Credentials, createContexts, type NativeContext, replaceContext } from "./server-context.ts";
import type { ServerNames } from "./server-names.ts";
import { checkAuthorities, checkPair, type FileFault, type KeyPair, readText } from "./tls-files.ts";

type Tls = NonNullable<ListenConfig["tls"]>;
type Source = Tls["certificates"][number];

/** After a change, for the other writes of it. */
const SETTLE_MS = 100;
/** For files that do not fit each other to do so, before that is logged. */
const PATIENCE_MS = 1_000;
/** Some changes are told by nobody: those behind a link in another folder, or on a file system of the network. */
const POLL_MS = 30_000;

/** The certificates of one listener, read again when their files change. */
export class ServerCertificates {
  readonly #tls: Tls;
  readonly #sources: readonly [Source, ...Source[]];
  readonly #log: Logger;
  /** By the file of the key, or of the authorities: what was found wrong with it last, and whether that is logged. */
  readonly #faults = new Map<string, { readonly content: string; readonly since: number; isLogged: boolean }>();
  #current: Credentials;
  #contexts: ServerNames<NativeContext>;
  #watching: Watching | undefined = undefined;
  #isStopped = false;

  /** Reads all files. Throws if one cannot be used. */
  constructor(tls: Tls, log: Logger) {
    this.#tls = tls;
    this.#log = log;
    this.#sources = sourcesOf(tls);
    this.#current = readCredentials(tls);
    this.#contexts = createContexts(this.#current);
  }

  get credentials(): Credentials {
    return this.#current;
  }

  /** What the certificates in use say, the default first. */
  get infos(): readonly CertificateInfo[] {
    return this.#current.pairs.map(({ names, notBefore, notAfter }) => ({ names, notBefore, notAfter }));
  }

  /** Whether these are the files that it has read, for clients of the same kind. */
  isFor(tls: Tls): boolean {
    return Bun.deepEquals(tls, this.#tls);
  }

  /** Gives them to a listener that has others. */
  lend(listener: object): void {
    replaceContext(listener, this.#current, this.#tls);
  }

  /** The context for a name that a client asks for; undefined for the default. */
  find(name: string): NativeContext | undefined {
    return this.#contexts.find(name);
  }

  /** From now on the listener gets what its files have when they change. */
  watch(listener: object): void {
    const files = this.#sources.flatMap(({ cert, key }) => [cert, key]);
    const ca = this.#tls["client-certificates"]?.ca;
    if (ca !== undefined) files.push(ca);
    const options = { settleMs: SETTLE_MS, pollMs: POLL_MS };
    this.#watching = watchFiles(files, () => this.#reload(listener), options);
  }

  stop(): void {
    this.#isStopped = true;
    this.#watching?.stop();
  }

  async #reload(listener: object): Promise<void> {
    const [first, ...others] = this.#sources;
    const now = this.#current;
    const pairs: [KeyPair, ...KeyPair[]] = [await this.#renewed(first, now.pairs[0]), ...now.pairs.slice(1)];
    for (const [index, source] of others.entries()) {
      const pair = pairs[index + 1];
      if (pair !== undefined) pairs[index + 1] = await this.#renewed(source, pair);
    }
    const ca = await this.#renewedAuthorities(now.ca);
    const hasNewPair = pairs.some((pair, index) => pair !== now.pairs[index]);
    if (this.#isStopped || (!hasNewPair && ca === now.ca)) return;
    try {
      const next = { pairs, ca };
      const contexts = createContexts(next);
      replaceContext(listener, next, this.#tls);
      this.#contexts = contexts;
      this.#current = next;
    } catch (error) {
      this.#log.error("new certificates are not taken", { error });
      return;
    }
    for (const [index, pair] of pairs.entries()) {
      const before = now.pairs[index];
      if (before !== undefined && pair !== before) this.#tell(index, before, pair);
    }
    if (ca !== now.ca) this.#log.info("client authorities taken", { file: this.#tls["client-certificates"]?.ca });
  }

  #tell(index: number, before: KeyPair, pair: KeyPair): void {
    const source = this.#sources[index];
    const file = source?.cert;
    const [notBefore, notAfter] = [pair.notBefore, pair.notAfter].map((ms) => new Date(ms).toISOString());
    this.#log.info("certificate taken", { file, names: pair.names, notAfter });
    const [old, names] = [ownNames(before), ownNames(pair)];
    const lost = lostNames(old, names, source?.names);
    if (lost.length > 0) this.#log.warn("a renewed certificate is for fewer names", { file, lost, before: old, names });
    const isValid = isValidAt(pair, Date.now());
    if (!isValid) this.#log.warn("a renewed certificate is not valid now", { file, notBefore, notAfter });
  }

  async #renewed(source: Source, used: KeyPair): Promise<KeyPair> {
    const cert = await readText(source.cert);
    const key = await readText(source.key);
    const checked = checkTexts(source, cert, key, used);
    if (!this.#isFault(source.key, checked)) return checked;
    return used;
  }

  async #renewedAuthorities(used: string | undefined): Promise<string | undefined> {
    const file = this.#tls["client-certificates"]?.ca;
    if (file === undefined) return undefined;
    const text = await readText(file);
    const checked = typeof text !== "string" || text === used ? text : checkAuthorities(file, text);
    return this.#isFault(file, checked) ? used : checked;
  }

  /** What lasts is logged once; what does not is a renewal under way. */
  #isFault<T>(file: string, checked: T | FileFault): checked is FileFault {
    if (!isFileFault(checked)) {
      this.#faults.delete(file);
      return false;
    }
    const known = this.#faults.get(file);
    const now = performance.now();
    if (known === undefined || known.content !== checked.content) {
      this.#faults.set(file, { content: checked.content, since: now, isLogged: false });
      this.#watching?.again(PATIENCE_MS);
      return true;
    }
    if (known.isLogged) return true;
    if (now - known.since < PATIENCE_MS - SETTLE_MS) {
      this.#watching?.again(PATIENCE_MS);
      return true;
    }
    known.isLogged = true;
    const { reason } = checked;
    this.#log.error("changed TLS files cannot be used: the old ones stay", { file: checked.file, reason });
    return true;
  }
}

/** Reads all files of a listener. Throws if one cannot be used. */
export function readCredentials(tls: Tls): Credentials {
  const [first, ...others] = sourcesOf(tls);
  const ca = tls["client-certificates"]?.ca;
  return {
    pairs: [readPair(first), ...others.map(readPair)],
    ca: ca === undefined ? undefined : usable(checkAuthorities(ca, read(ca))),
  };
}

function sourcesOf(tls: Tls): readonly [Source, ...Source[]] {
  return [{ cert: tls.cert, key: tls.key }, ...tls.certificates];
}

function checkTexts(
  source: Source,
  cert: string | FileFault,
  key: string | FileFault,
  used: KeyPair,
): KeyPair | FileFault {
  if (typeof cert !== "string") return cert;
  if (typeof key !== "string") return key;
  if (cert === used.cert && key === used.key) return used;
  return checkPair(source, { cert, key }, source.names);
}

function isFileFault(value: unknown): value is FileFault {
  return typeof value === "object" && value !== null && "reason" in value;
}

function readPair(source: Source): KeyPair {
  return usable(checkPair(source, { cert: read(source.cert), key: read(source.key) }, source.names));
}

function usable<T>(checked: T | FileFault): T {
  if (isFileFault(checked)) throw new Error(`${checked.file}: ${checked.reason}`);
  return checked;
}

function read(file: string): string {
  return readFileSync(file, "utf8");
}
