import type { GatewayError } from "../errors.ts";
import { HeadReader } from "../http1/head-reader.ts";
import { type BodyOwner, IncomingBody } from "../http1/incoming.ts";
import { ProtocolError } from "../http1/protocol-error.ts";
import { type RequestHead, readRequestHead } from "../http1/request-head.ts";
import { Body } from "../message/body.ts";
import { bodyFramingOf, checkRequest, checkStart, refusalOf } from "./wire-request.ts";
import type { WireSettings } from "./wire-settings.ts";

/** The connection that requests are read from. */
export interface RequestReaderOwner extends BodyOwner {
  /** No request is under way: the next may be read. */
  readonly isReady: boolean;
  readonly isOpen: boolean;
  /** The first bytes of a head, but not all of it, have come. */
  onPartialHead(): void;
  /** A request has come, or its head; `bodyBytes` of its body with it. */
  onRequest(head: RequestHead, body: Body, bodyBytes: number): void;
  /** So many bytes of the request's body, and of what may follow it, have come. */
  onBodyBytes(bytes: number): void;
  /** Bytes of the request after it have come: nothing more is to be read until their turn. */
  onAhead(): void;
  onInvalid(error: GatewayError): void;
}

const CR = 13;
const LF = 10;

/** Finds requests in the bytes of a connection, one after the other; those ahead of their turn wait (RFC 9112 §9.3.2). */
export class RequestReader {
  /** The body of the request under way, unless it came with its head. */
  body: IncomingBody | undefined = undefined;
  /** How many there were so far. */
  requests = 0;
  readonly #owner: RequestReaderOwner;
  readonly #settings: WireSettings;
  readonly #head: HeadReader;
  /** The first half of an empty line before a request has come. */
  #isAfterCr = false;
  #ahead: Buffer | undefined = undefined;

  constructor(owner: RequestReaderOwner, settings: WireSettings) {
    this.#owner = owner;
    this.#settings = settings;
    this.#head = new HeadReader(settings.head.headerBytes, checkStart);
  }

  get isPartial(): boolean {
    return this.#head.isPartial;
  }

  /** Whether the head that was read last is one of HEAD: its reply has no body, a refusal neither. */
  get isForHead(): boolean {
    return this.#head.startsWith("HEAD ");
  }

  /** Whether a body is still on its way. */
  get isBodyLeft(): boolean {
    return this.body !== undefined && !this.body.isReceived;
  }

  /** Whether bytes wait for their turn. */
  get isAhead(): boolean {
    return this.#ahead !== undefined;
  }

  /** Hands over what has waited for its turn: it is no request. */
  takeAhead(): Buffer | undefined {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    return ahead;
  }

  /** Takes what has waited for its turn. */
  next(): void {
    const ahead = this.takeAhead();
    if (ahead !== undefined) this.receive(ahead);
  }

  receive(bytes: Buffer): void {
    let at = 0;
    try {
      while (at < bytes.length && this.#owner.isOpen) {
        if (this.body !== undefined && !this.body.isReceived) at = this.#receiveBody(this.body, bytes, at);
        else if (!this.#owner.isReady) return this.#wait(bytes.subarray(at));
        else if (this.#isAfterCr) at = this.#endEmptyLine(bytes, at);
        else if (bytes[at] === CR && !this.#head.isPartial) at = this.#beginEmptyLine(at);
        else at = this.#receiveHead(bytes, at);
      }
    } catch (error) {
      this.#owner.onInvalid(refusalOf(error));
    }
  }

  #receiveBody(body: IncomingBody, bytes: Buffer, at: number): number {
    this.#owner.onBodyBytes(bytes.length - at);
    return body.feed(bytes, at);
  }

  #wait(bytes: Buffer): void {
    this.#ahead = this.#ahead === undefined ? bytes : Buffer.concat([this.#ahead, bytes]);
    this.#owner.onAhead();
  }

  /** Empty lines before a request are skipped, in any pieces (RFC 9112 §2.2). */
  #beginEmptyLine(at: number): number {
    this.#isAfterCr = true;
    return at + 1;
  }

  #endEmptyLine(bytes: Buffer, at: number): number {
    if (bytes[at] !== LF) throw new ProtocolError("a bare CR before the request line");
    this.#isAfterCr = false;
    return at + 1;
  }

  #receiveHead(bytes: Buffer, at: number): number {
    const isNew = !this.#head.isPartial;
    const end = this.#head.read(bytes, at);
    if (end !== -1) return this.#begin(this.#parseHead(), bytes, end);
    if (isNew) this.#owner.onPartialHead();
    return bytes.length;
  }

  #parseHead(): RequestHead {
    const { bytes, start, end } = this.#head;
    return readRequestHead(bytes, start, end, this.#settings.head);
  }

  /** A body that has come with its head is bytes in memory; the rest of another comes through its source. */
  #begin(head: RequestHead, bytes: Buffer, at: number): number {
    checkRequest(head, this.#settings.bodyBytes);
    this.requests += 1;
    const framing = bodyFramingOf(head);
    if (typeof framing === "number" && framing <= bytes.length - at) {
      this.body = undefined;
      this.#owner.onRequest(head, Body.part(bytes, at, at + framing), framing);
      return at + framing;
    }
    this.body = new IncomingBody(framing, this.#owner, this.#settings.bodyBytes);
    this.#owner.onRequest(head, Body.from(this.body), 0);
    return at;
  }
}
