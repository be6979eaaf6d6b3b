import type { HeaderList, Reply } from "../../src/plugin.ts";

const NO_TRANSFORM = /(?:^|[\s,])no-transform(?:$|[\s,;])/i;

/** Statuses without content, with a part of it, or about what the client has (RFC 9110 §15). */
function hasOwnContent(status: number): boolean {
  return status >= 200 && status !== 204 && status !== 205 && status !== 206 && status !== 304;
}

/** Which replies may be compressed, by the options. */
export interface Eligibility {
  readonly minBytes: number;
  readonly isCompressible: (contentType: string) => boolean;
}

/** Whether the reply to such a request may be compressed for a client that accepts it. */
export function isEligible(method: string, reply: Reply, { minBytes, isCompressible }: Eligibility): boolean {
  const { headers, status } = reply;
  if (!hasOwnContent(status)) return false;
  const type = headers.get("content-type");
  if (type === undefined || !isCompressible(type)) return false;
  const length = method === "HEAD" ? promisedLength(headers) : reply.body.length;
  if (length !== undefined && length < minBytes) return false;
  if (headers.has("content-range")) return false;
  const encoding = headers.get("content-encoding");
  if (encoding !== undefined && encoding.toLowerCase() !== "identity") return false;
  const control = headers.get("cache-control");
  // RFC 9111 §5.2.2.6.
  return control === undefined || !NO_TRANSFORM.test(control);
}

/** Bytes that the content would have in an answer to GET; undefined if that is not said. */
function promisedLength(headers: HeaderList): number | undefined {
  const length = headers.get("content-length");
  return length === undefined ? undefined : Number(length);
}

/** The reply depends on what the client accepts (RFC 9110 §12.5.5). */
export function addVary(headers: HeaderList): void {
  const vary = headers.get("vary");
  if (vary === undefined) headers.set("vary", "accept-encoding");
  else if (!/(?:^|[\s,])(?:\*|accept-encoding)(?:$|[\s,])/i.test(vary)) headers.append("vary", "accept-encoding");
}

/** What describes the content as it was does not describe it any more. */
export function describeAs(headers: HeaderList, encoding: string): void {
  headers.set("content-encoding", encoding);
  headers.delete("content-length");
  // Parts are of the content as it was (RFC 9110 §14.3).
  headers.delete("accept-ranges");
  forgetContent(headers);
}

/** Fields about the content as it was, wherever they come: sums (RFC 9530) may also be trailers. */
export function forgetContent(fields: HeaderList): void {
  fields.delete("content-md5");
  fields.delete("digest");
  fields.delete("content-digest");
  fields.delete("repr-digest");
  weaken(fields);
}

/** The octets differ, and the meaning does not: a strong validator becomes a weak one (RFC 9110 §8.8.1). */
function weaken(headers: HeaderList): void {
  const tag = headers.get("etag");
  if (tag !== undefined && !tag.startsWith("W/")) headers.set("etag", `W/${tag}`);
}

/**
 * A 304 tells of what the client has: where that is the compressed form, whose validator is weak, so is this one
 * (RFC 9111 §4.3.4).
 */
export function weakenConfirmed(headers: HeaderList, ifNoneMatch: string | undefined): void {
  const tag = headers.get("etag");
  if (tag === undefined || tag.startsWith("W/") || ifNoneMatch === undefined) return;
  if (!ifNoneMatch.includes(`W/${tag}`)) return;
  headers.set("etag", `W/${tag}`);
  headers.delete("content-length");
  addVary(headers);
}
