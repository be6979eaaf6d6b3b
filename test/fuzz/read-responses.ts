import { GatewayError } from "../../src/errors.ts";
import { HeadReader } from "../../src/http1/head-reader.ts";
import { type BodyFraming, type BodyOwner, IncomingBody } from "../../src/http1/incoming.ts";
import { ProtocolError } from "../../src/http1/protocol-error.ts";
import { hasNoBody, parseResponseHead, type ResponseHead } from "../../src/http1/response-head.ts";
import { Body } from "../../src/message/body.ts";
import { Content } from "./message.ts";
import type { Reading } from "./read-requests.ts";

/** Reads one response behind its interim ones, as the answer to a GET; what follows it is left alone. */
export function readResponses(pieces: readonly string[]): Reading {
  const reader = new ResponseReader();
  let given = 0;
  for (const piece of pieces) {
    given += piece.length;
    reader.receive(Buffer.from(piece, "latin1"), given);
  }
  const whole = reader.contents.filter(({ isWhole }) => isWhole);
  const unfinished = reader.contents.find(({ isWhole }) => !isWhole);
  return {
    messages: whole.map(({ message }) => message),
    unfinished: unfinished?.message,
    error: reader.error,
    ends: reader.ends,
  };
}

const OWNER: BodyOwner = {
  pauseReading() {},
  resumeReading() {},
  onBodyStart() {},
  onBodyReceived() {},
  onBodyCancel() {},
};

class ResponseReader {
  readonly contents: Content[] = [];
  readonly ends: number[] = [];
  error: GatewayError | undefined = undefined;
  readonly #head = new HeadReader(400, () => {});
  #body: IncomingBody | undefined = undefined;
  #isDone = false;

  receive(bytes: Buffer, given: number): void {
    try {
      let at = 0;
      while (at < bytes.length && !this.#isDone && this.error === undefined) at = this.#step(bytes, at, given);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.error = new GatewayError("upstream_invalid", { cause: error });
    }
  }

  #step(bytes: Buffer, at: number, given: number): number {
    if (this.#body === undefined) {
      const end = this.#head.read(bytes, at);
      if (end === -1) return bytes.length;
      this.#begin(parseResponseHead(this.#head.text, 8));
      this.#check(given);
      return end;
    }
    const end = this.#body.feed(bytes, at);
    this.#check(given);
    return end;
  }

  #begin({ status, reason, headers, framing }: ResponseHead): void {
    const isFinal = status >= 200;
    const length: BodyFraming = hasNoBody(status, "GET")
      ? 0
      : framing.isChunked
        ? "chunked"
        : (framing.contentLength ?? "until-close");
    this.#body = isFinal && length !== 0 ? new IncomingBody(length, OWNER, 100) : undefined;
    const body = this.#body === undefined ? Body.empty : Body.from(this.#body);
    this.contents.push(new Content(`${status} ${reason} ${length}`, headers.flat, body));
    this.#isDone = isFinal && this.#body === undefined;
    if (!isFinal) this.ends.push(-1);
  }

  #check(given: number): void {
    const last = this.contents.at(-1);
    if (last?.error !== undefined) this.error = last.error;
    if (last?.isWhole !== true) return;
    if (this.#body !== undefined) this.#isDone = true;
    if (this.ends.at(-1) === -1) this.ends[this.ends.length - 1] = given;
    else this.ends.push(given);
  }
}
