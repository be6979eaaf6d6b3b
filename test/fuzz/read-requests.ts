import { RequestReader, type RequestReaderOwner } from "../../src/edge/request-reader.ts";
import { isExpecting, isPersistent } from "../../src/edge/wire-request.ts";
import type { WireSettings } from "../../src/edge/wire-settings.ts";
import type { GatewayError } from "../../src/errors.ts";
import type { RequestHead } from "../../src/http1/request-head.ts";
import type { Body } from "../../src/message/body.ts";
import { timeoutQueue } from "../../src/timeouts.ts";
import { Content, type Message } from "./message.ts";

/** What came of some bytes: whole requests, the start of another, and why no more were read. */
export interface Reading {
  readonly messages: readonly Message[];
  /** A head has come that lacks its body. */
  readonly unfinished: Message | undefined;
  readonly error: GatewayError | undefined;
  /** For each whole request the number of bytes that had been given when it was. */
  readonly ends: readonly number[];
}

const queue = timeoutQueue(1_000);
/** Small enough for the generator to reach. */
export const HEADER_BYTES = 400;
const SETTINGS: WireSettings = {
  scheme: "http",
  trusted: undefined,
  head: { headerBytes: HEADER_BYTES, headerCount: 8, targetBytes: 60 },
  bodyBytes: 100,
  maxTunnels: 0,
  maxRequests: Number.POSITIVE_INFINITY,
  maxConnections: 1,
  headerQueue: queue,
  bodyQueue: queue,
  bodyLeastBytes: 0,
  sendQueue: queue,
  keepAliveQueue: queue,
};

/** Reads requests from these pieces as a connection does that answers each as soon as it is whole. */
export function readRequests(pieces: readonly string[]): Reading {
  const connection = new Connection();
  let given = 0;
  for (const piece of pieces) {
    given += piece.length;
    connection.receive(Buffer.from(piece, "latin1"), given);
  }
  const { messages, content, error, ends } = connection;
  return { messages, unfinished: content?.message, error, ends };
}

class Connection implements RequestReaderOwner {
  readonly messages: Message[] = [];
  readonly ends: number[] = [];
  content: Content | undefined = undefined;
  error: GatewayError | undefined = undefined;
  /** No request follows one that closes the connection. */
  #isPersistent = true;
  readonly #reader = new RequestReader(this, SETTINGS);

  receive(bytes: Buffer, given: number): void {
    this.#reader.receive(bytes);
    while (this.content?.isWhole === true) {
      this.messages.push(this.content.message);
      this.ends.push(given);
      this.content = undefined;
      this.#reader.body = undefined;
      this.#reader.next();
    }
    // As the edge does: a body that fails is the end of its request, and of the connection.
    if (this.content?.error !== undefined) this.error ??= this.content.error;
  }

  get isReady(): boolean {
    return this.content === undefined;
  }

  get isOpen(): boolean {
    return this.error === undefined && (this.#isPersistent || this.content !== undefined);
  }

  onRequest(head: RequestHead, body: Body): void {
    this.#isPersistent = isPersistent(head);
    isExpecting(head);
    const { method, path, query = "", host, headers, framing } = head;
    const start = `${method} ${path} ${query} ${host} ${framing.isChunked} ${framing.contentLength}`;
    this.content = new Content(start, headers.flat, body);
  }

  onInvalid(error: GatewayError): void {
    this.error ??= error;
  }

  onPartialHead(): void {}
  onBodyBytes(): void {}
  onAhead(): void {}
  pauseReading(): void {}
  resumeReading(): void {}
  onBodyStart(): void {}
  onBodyReceived(): void {}
  onBodyCancel(): void {}
}
