import type { GatewayError } from "../../src/errors.ts";
import { MessageWriter, type WritableSocket, type WriterOwner } from "../../src/http1/writer.ts";

/** A socket in memory that takes only so many bytes at a time, as one under back-pressure does. */
export class MeteredSocket implements WritableSocket {
  /** One entry for each write that took bytes. */
  readonly writes: string[] = [];
  isClosed = false;
  readonly #takes: readonly number[];
  #next = 0;

  /** @param takes what each write takes at most, in turn and again from the start; all of it without */
  constructor(takes: readonly number[] = []) {
    this.#takes = takes;
  }

  /** All that was written, latin1. */
  get wire(): string {
    return this.writes.join("");
  }

  write(data: Uint8Array, offset = 0, length = data.length - offset): number {
    if (this.isClosed) return -1;
    const most = this.#takes[this.#next++ % this.#takes.length] ?? length;
    const taken = Math.min(most, length);
    if (taken > 0) this.writes.push(Buffer.from(data.subarray(offset, offset + taken)).toString("latin1"));
    return taken;
  }
}

/** What a writer tells its owner, in words. */
export interface WriterLog extends WriterOwner {
  readonly calls: string[];
}

export function writerLog(): WriterLog {
  const calls: string[] = [];
  return {
    calls,
    onMessageSent: () => calls.push("sent"),
    onMessageFailed: (error: GatewayError) => calls.push(`failed ${error.code}`),
    onBlocked: (isBlocked) => calls.push(isBlocked ? "blocked" : "free"),
  };
}

/** A writer on a socket of memory. */
export function createWire(takes: readonly number[] = []) {
  const socket = new MeteredSocket(takes);
  const owner = writerLog();
  const writer = new MessageWriter(owner);
  writer.attach(socket);
  return { socket, owner, writer, calls: owner.calls };
}

/** Drains until the writer is no longer blocked. */
export function drain(writer: MessageWriter): void {
  for (let turn = 0; writer.isBlocked; turn++) {
    if (turn > 100_000) throw new Error("the writer stays blocked");
    writer.onDrain();
  }
}
