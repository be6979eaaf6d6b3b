import { Body, Reply } from "../../src/plugin.ts";
import { notModified } from "./answer.ts";
import type { Asked } from "./asked.ts";
import type { Entry } from "./entry.ts";
import { contentRange } from "./partial.ts";
import type { Forward } from "./rules/cache-status.ts";
import { isNotModified } from "./rules/preconditions.ts";
import { isIfRangeMet, type Part, rangesOf } from "./rules/range.ts";
import { reuseOf } from "./rules/reuse.ts";

/** A stored part, and the bytes that it lacks. */
export interface Incomplete {
  readonly part: Entry;
  readonly missing: Part;
}

/** The answer from a stored part to who asks for a range within it (RFC 9111 §3.3), or why the service is asked. */
export function answerFromPart(entry: Entry, asked: Asked, method: string, nowMs: number): Reply | Forward {
  const { terms, validators } = entry.stored;
  const ageMs = entry.ageAt(nowMs);
  if (reuseOf(terms, ageMs, asked.directives) !== "fresh") return ageMs < terms.lifetimeMs ? "request" : "stale";
  const place = method === "GET" ? placeOf(asked, entry) : undefined;
  if (place === undefined) return "partial";
  const reply = new Reply(206, entry.hitHeaders(ageMs), Body.empty);
  if (isNotModified(asked, validators, nowMs)) return notModified(reply);
  if (!isIfRangeMet(asked.ifRange, validators, nowMs)) return "request";
  const { part, bytes, length } = place;
  reply.headers.set("content-range", contentRange(part.start, part.end, length));
  reply.body = Body.of(bytes);
  return reply;
}

/** The bytes that are asked for, and where they belong; undefined unless it is one range, and all of it is there. */
function placeOf({ range }: Asked, { stored, body, length }: Entry) {
  const parts: readonly Part[] = (stored.part && range && rangesOf(range, stored.part.length)) || [];
  const [part, other] = parts;
  const content = body.inMemory;
  if (stored.part === undefined || part === undefined || other !== undefined || content === undefined) return undefined;
  const start = part.start - stored.part.start;
  const end = part.end - stored.part.start;
  if (start < 0 || end > length) return undefined;
  return { part, bytes: content.subarray(start, end), length: stored.part.length };
}
