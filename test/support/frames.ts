import type { RawSocket, WaitOptions } from "./socket.ts";
import { PATIENCE_MS } from "./until.ts";

/** The opcodes of RFC 6455 §5.2. */
export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export interface Frame {
  readonly opcode: number;
  /** It ends its message. */
  readonly isLast: boolean;
  /** Unmasked. */
  readonly payload: Buffer;
}

export interface FrameOptions {
  /** As a client has to (RFC 6455 §5.3). */
  readonly isMasked?: boolean;
  readonly isLast?: boolean;
}

const MASK = Buffer.of(0x12, 0x34, 0x56, 0x78);

/** The bytes of one frame. */
export function frame(
  opcode: number,
  payload: string | Uint8Array,
  { isMasked = true, isLast = true }: FrameOptions = {},
): Buffer {
  const bytes = Buffer.from(payload);
  const mask = isMasked ? MASK : Buffer.alloc(0);
  if (isMasked) unmask(bytes, MASK);
  return Buffer.concat([header(opcode, bytes.length, { isMasked, isLast }), mask, bytes]);
}

/** The payload of a Close frame (RFC 6455 §5.5.1). */
export function closing(code: number, reason = ""): Buffer {
  return Buffer.concat([Buffer.of(code >> 8, code & 0xff), Buffer.from(reason)]);
}

function header(opcode: number, length: number, { isMasked, isLast }: Required<FrameOptions>): Buffer {
  const first = (isLast ? 0x80 : 0) | opcode;
  const bit = isMasked ? 0x80 : 0;
  if (length < 126) return Buffer.of(first, bit | length);
  const long = Buffer.alloc(length < 65_536 ? 4 : 10);
  long[0] = first;
  long[1] = bit | (length < 65_536 ? 126 : 127);
  if (length < 65_536) long.writeUInt16BE(length, 2);
  else long.writeBigUInt64BE(BigInt(length), 2);
  return long;
}

/** Takes the next frame; throws if the side that sent it is not to mask it, or has to. */
export async function readFrame(socket: RawSocket, isMasked: boolean, wait: WaitOptions = {}): Promise<Frame> {
  const bytes = await socket.inbox.take(endOfFrame, wait.timeout ?? PATIENCE_MS, "a whole frame came");
  const [first = 0, second = 0] = bytes;
  if (second >> 7 !== (isMasked ? 1 : 0)) throw new Error(`a frame is ${isMasked ? "not " : ""}masked`);
  const { size, length } = sizesOf(bytes, 0);
  const payload = Buffer.from(bytes.subarray(size, size + length));
  if (isMasked) unmask(payload, bytes.subarray(size - 4, size));
  return { opcode: first & 0x0f, isLast: first >> 7 === 1, payload };
}

function endOfFrame(all: Buffer, from: number): number {
  if (all.length - from < 2) return -1;
  const { size, length } = sizesOf(all, from);
  return all.length - from < size + length ? -1 : from + size + length;
}

/** The length of a frame's header, and that of its payload; without an end as long as not all of it is there. */
function sizesOf(bytes: Buffer, at: number): { readonly size: number; readonly length: number } {
  const second = bytes[at + 1] ?? 0;
  const maskBytes = second >> 7 === 1 ? 4 : 0;
  const code = second & 0x7f;
  if (code < 126) return { size: 2 + maskBytes, length: code };
  const lengthBytes = code === 126 ? 2 : 8;
  if (bytes.length - at < 2 + lengthBytes) return { size: 0, length: Number.POSITIVE_INFINITY };
  return {
    size: 2 + lengthBytes + maskBytes,
    length: bytes.readUIntBE(at + (code === 126 ? 2 : 4), code === 126 ? 2 : 6),
  };
}

/** In place; the same once more masks again. */
function unmask(bytes: Buffer, mask: Buffer): void {
  for (let i = 0; i < bytes.length; i++) bytes[i] = (bytes[i] as number) ^ (mask[i & 3] as number);
}
