/** How far a connection has read the response to its request. */
export interface ResponseState {
  /** The head as far as it has come; empty once it is whole. */
  head: string;
  /** Bytes of the body still to come; undefined until the head is whole. */
  bodyLeft: number | undefined;
}

/** What a chunk brought: more is to come, the response is whole, or it is not what was expected. */
export type Progress = "more" | "whole" | "wrong";

const HEAD_LIMIT = 2_048;
const HEAD_END = "\r\n\r\n";
const SUCCESS = "HTTP/1.1 2";
const CONTENT_LENGTH = /\r\ncontent-length: *(\d+)\r\n/i;

/** A connection that waits for a response. */
export function newResponseState(): ResponseState {
  return { head: "", bodyLeft: undefined };
}

/**
 * Reads on in a response: only a success whose Content-Length is the expected one is right.
 *
 * @param bytes expected length of the body
 */
export function readResponse(state: ResponseState, chunk: Buffer, bytes: number): Progress {
  if (state.bodyLeft !== undefined) return readBody(state, state.bodyLeft - chunk.length);
  const before = state.head.length;
  const head = state.head + chunk.toString("latin1", 0, Math.min(chunk.length, HEAD_LIMIT));
  const end = head.indexOf(HEAD_END);
  if (end === -1) {
    state.head = head;
    return head.length < HEAD_LIMIT ? "more" : "wrong";
  }
  const length = CONTENT_LENGTH.exec(head)?.[1];
  if (!head.startsWith(SUCCESS) || Number(length) !== bytes) return "wrong";
  state.head = "";
  return readBody(state, bytes - (before + chunk.length - end - HEAD_END.length));
}

function readBody(state: ResponseState, left: number): Progress {
  if (left < 0) return "wrong";
  state.bodyLeft = left === 0 ? undefined : left;
  return left === 0 ? "whole" : "more";
}
