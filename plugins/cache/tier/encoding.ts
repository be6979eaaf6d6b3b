import { promisify } from "node:util";
import zlib from "node:zlib";
import { HeaderList } from "../../../src/plugin.ts";
import { Entry, type Selection, type Stored } from "../entry.ts";
import { digestOf } from "./keys.ts";

/** Of this form; what another version has written is not read. */
const VERSION = 2;
/** The version, whether the content is compressed, and the length of what describes it. */
const HEAD_BYTES = 6;
/** Shorter contents gain nothing. */
const COMPRESSED_FROM = 4_096;
/** What a compressed content may grow to; longer ones are not written. */
const MOST_BYTES = 1_073_741_824;

const compress = promisify<Uint8Array, Buffer>(zlib.zstdCompress);
const decompress = promisify<Uint8Array, zlib.ZstdOptions, Buffer>(zlib.zstdDecompress);

interface Described {
  readonly stored: Stored;
  readonly fields: readonly (readonly [string, string])[];
}

/**
 * A stored response as one value, so that its parts are never of two responses. What it was chosen by may be tokens and cookies: digests
 * say whether it is for a request.
 */
export async function encodeEntry({ stored, headers, body }: Entry): Promise<Buffer> {
  const list = new HeaderList(headers);
  const written = { ...stored, selection: digested(stored.selection) };
  const described = Buffer.from(JSON.stringify({ stored: written, fields: [...list] } satisfies Described));
  const content = body.inMemory ?? new Uint8Array(0);
  const isCompressed = content.byteLength >= COMPRESSED_FROM && !list.has("content-encoding");
  const packed = isCompressed ? await compress(content) : content;
  const head = Buffer.alloc(HEAD_BYTES);
  head[0] = VERSION;
  head[1] = isCompressed ? 1 : 0;
  head.writeUInt32BE(described.byteLength, 2);
  return Buffer.concat([head, described, packed]);
}

function digested({ owner, own, varyKey }: Selection): Selection {
  return { owner, own: digestOf(own), varyKey: digestOf(varyKey) };
}

/**
 * The response in such a value, if it is for these requests, which differ in these fields; undefined if it is none. Whoever may write to the
 * store may have written it.
 */
export async function decodeEntry(
  value: Uint8Array,
  selection: Selection,
  vary: readonly string[],
): Promise<Entry | undefined> {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (bytes.byteLength < HEAD_BYTES || bytes[0] !== VERSION) return undefined;
  const end = HEAD_BYTES + bytes.readUInt32BE(2);
  try {
    const { stored, fields } = JSON.parse(bytes.toString("utf8", HEAD_BYTES, end)) as Described;
    if (!isStored(stored) || !isOf(stored, digested(selection), vary)) return undefined;
    const packed = bytes.subarray(end);
    const content = bytes[1] === 1 ? await decompress(packed, { maxOutputLength: MOST_BYTES }) : packed;
    return Entry.of({ ...stored, selection }, HeaderList.of(fields), [content], content.byteLength);
  } catch {
    return undefined;
  }
}

function isOf({ selection, terms }: Stored, { owner, own, varyKey }: Selection, vary: readonly string[]): boolean {
  const isSame = selection.owner === owner && selection.own === own && selection.varyKey === varyKey;
  return isSame && terms.vary.join() === vary.join();
}

function isStored({ selection, terms, status, receivedMs, validators, tags }: Stored): boolean {
  const texts = [selection.owner, selection.own, selection.varyKey];
  const times = [status, receivedMs, terms.lifetimeMs, terms.initialAgeMs, terms.staleWhileRevalidateMs];
  return (
    texts.every((text) => typeof text === "string") &&
    [...times, terms.staleIfErrorMs, validators.dateMs].every((time) => Number.isFinite(time)) &&
    status >= 200 &&
    status <= 599 &&
    Array.isArray(terms.vary) &&
    Array.isArray(tags) &&
    typeof terms.directives === "object"
  );
}
