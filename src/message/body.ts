import { GatewayError } from "../errors.ts";
import type { ByteSink } from "./headers.ts";
import { readAll } from "./read.ts";
import type { BodySource } from "./source.ts";
import { sourceOfStream, streamOfSource } from "./stream.ts";

/** Who is to blame for a body that is too large or malformed. */
export type BodySender = "client" | "service";

/**
 * The content of a message: nothing, bytes in memory, or a source that is read once.
 *
 * A body nobody looks at is piped from socket to socket. `bytes`, `text` and `json` read it into memory, where it
 * stays: it can be read again and is still sent on.
 */
export class Body {
  static readonly empty: Body = new Body(new Uint8Array(0), undefined);

  readonly #length: number | undefined;
  readonly #sender: BodySender;
  /** The content, if it is in memory: the bytes of a longer buffer from start to end. */
  #buffer: Buffer | undefined = undefined;
  #start = 0;
  #end = 0;
  /** The same as bytes of their own, made at first use. */
  #bytes: Uint8Array | undefined = undefined;
  #source: BodySource | undefined;
  #reading: Promise<Uint8Array> | undefined;

  private constructor(bytes: Uint8Array | undefined, source: BodySource | undefined, sender: BodySender = "client") {
    this.#sender = sender;
    this.#source = source;
    this.#length = source?.length;
    if (bytes !== undefined) this.#hold(bytes);
  }

  #hold(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.#buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#start = 0;
    this.#end = bytes.byteLength;
  }

  static of(content: string | Uint8Array): Body {
    const bytes = typeof content === "string" ? Buffer.from(content) : content;
    return bytes.byteLength === 0 ? Body.empty : new Body(bytes, undefined);
  }

  /** The bytes from `start` to `end`, which are not copied. */
  static part(buffer: Buffer, start: number, end: number, sender?: BodySender): Body {
    if (start === end) return Body.empty;
    const body = new Body(undefined, undefined, sender);
    body.#buffer = buffer;
    body.#start = start;
    body.#end = end;
    return body;
  }

  static from(source: BodySource, sender?: BodySender): Body {
    return new Body(undefined, source, sender);
  }

  static fromStream(stream: ReadableStream<Uint8Array>): Body {
    return new Body(undefined, sourceOfStream(stream));
  }

  /** Bytes of the whole body, if they are known beforehand or it has been read; also once it has been taken. */
  get length(): number | undefined {
    return this.#buffer === undefined ? this.#length : this.#end - this.#start;
  }

  get isEmpty(): boolean {
    return this.length === 0;
  }

  /** The bytes if they are in memory, without waiting. */
  get inMemory(): Uint8Array | undefined {
    this.#bytes ??= this.#buffer?.subarray(this.#start, this.#end);
    return this.#bytes;
  }

  get isInMemory(): boolean {
    return this.#buffer !== undefined;
  }

  /** Whether it can still be sent: it is in memory, or nobody has taken its source. */
  get isSendable(): boolean {
    return this.#buffer !== undefined || this.#source !== undefined;
  }

  /** Copies what is in memory to where a message is composed. */
  copyTo(out: ByteSink): void {
    if (this.#buffer !== undefined) out.part(this.#buffer, this.#start, this.#end);
  }

  /**
   * The whole body, at most `limit` bytes of it: more is `payload_too_large` from a client, `upstream_invalid` from a
   * service. Calls while it is being read share the reading.
   */
  async bytes(limit: number): Promise<Uint8Array> {
    this.#reading ??= this.inMemory === undefined ? this.#read(limit) : Promise.resolve(this.inMemory);
    const bytes = await this.#reading;
    if (bytes.byteLength > limit) throw this.#tooLarge(limit);
    return bytes;
  }

  async #read(limit: number): Promise<Uint8Array> {
    const bytes = await readAll(this.take(), limit, () => this.#tooLarge(limit));
    this.#hold(bytes);
    return bytes;
  }

  #tooLarge(limit: number): GatewayError {
    if (this.#sender === "client") return new GatewayError("payload_too_large");
    return new GatewayError("upstream_invalid", { cause: `a plugin reads at most ${limit} bytes of the reply's body` });
  }

  async text(limit: number): Promise<string> {
    return new TextDecoder().decode(await this.bytes(limit));
  }

  /** The parsed content; what is no JSON is `bad_request` from a client, `upstream_invalid` from a service. */
  async json(limit: number): Promise<unknown> {
    const text = await this.text(limit);
    try {
      return JSON.parse(text);
    } catch (cause) {
      const code = this.#sender === "client" ? "bad_request" : "upstream_invalid";
      throw new GatewayError(code, { detail: "The body is not valid JSON", cause });
    }
  }

  /** The body as a web stream; takes the source unless the body is in memory. */
  stream(): ReadableStream<Uint8Array> {
    const bytes = this.inMemory;
    if (bytes !== undefined) return new Blob([bytes as Uint8Array<ArrayBuffer>]).stream();
    return streamOfSource(this.take());
  }

  /** The source, once; throws if it was taken before. For code that pipes, not for plugins that look. */
  take(): BodySource {
    const source = this.#source;
    if (source === undefined) throw new Error("the body has been taken already, or is in memory");
    this.#source = undefined;
    return source;
  }

  /**
   * Puts a stage between the source and whoever reads it: for counting, limiting or changing what passes. A body in
   * memory has no source, and stays as it is: look at `inMemory` first.
   */
  through(stage: (source: BodySource) => BodySource): Body {
    if (this.#source === undefined) return this;
    return Body.from(stage(this.take()), this.#sender);
  }

  /** Lets go of a source that nobody has taken, so that its connection is freed. */
  discard(error: GatewayError): void {
    const source = this.#source;
    this.#source = undefined;
    source?.cancel(error);
  }
}
