import { STATUS_CODES } from "node:http";

/** The status line of an HTTP/1.1 response with the reason phrase that belongs to its status (RFC 9110 §15). */
export interface StatusLine {
  readonly reason: string;
  /** With its line end. */
  readonly line: Buffer;
}

const byStatus: (StatusLine | undefined)[] = new Array<StatusLine | undefined>(600).fill(undefined);
for (const [status, reason = ""] of Object.entries(STATUS_CODES)) {
  byStatus[Number(status)] = { reason, line: Buffer.from(`HTTP/1.1 ${status} ${reason}\r\n`, "latin1") };
}

/** Undefined for a status that is not registered. */
export function statusLine(status: number): StatusLine | undefined {
  return byStatus[status];
}
