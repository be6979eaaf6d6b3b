import { Body, Reply } from "../../src/plugin.ts";
import type { Asked } from "./asked.ts";
import { ageOf, type Entry, fieldsOf } from "./entry.ts";
import type { ComingContent } from "./flights.ts";
import { multipart, rangeReply, unsatisfiable } from "./partial.ts";
import { isNotModified } from "./rules/preconditions.ts";
import { isIfRangeMet, rangesOf } from "./rules/range.ts";

/** The answer from what is stored, as everybody gets it who asks for all of it (RFC 9111 §4). */
export function plainHit(entry: Entry, nowMs: number): Reply {
  return new Reply(entry.stored.status, entry.hitHeaders(entry.ageAt(nowMs)), entry.body, entry.stored.reason);
}

/**
 * The answer from what is stored: 304 to a client that has it (RFC 9111 §4.3.2), parts where parts are asked for
 * (RFC 9110 §14.2), else all of it. `cacheStatus` says how it came about; undefined for a hit.
 */
export function answerFrom(entry: Entry, asked: Asked, method: string, nowMs: number, cacheStatus?: string): Reply {
  const reply = cacheStatus === undefined ? plainHit(entry, nowMs) : withStatus(entry, nowMs, cacheStatus);
  const { stored } = entry;
  // Conditions are about a response that would have been 2xx (RFC 9110 §13.2.1).
  if (stored.status < 200 || stored.status > 299) return reply;
  if (isNotModified(asked, stored.validators, nowMs)) return notModified(reply);
  if (asked.range === undefined || method !== "GET" || stored.status !== 200) return reply;
  if (!isIfRangeMet(asked.ifRange, stored.validators, nowMs)) return reply;
  const parts = rangesOf(asked.range, entry.length);
  const [first] = parts ?? [];
  if (parts === undefined) return reply;
  const content = entry.body.inMemory;
  if (content === undefined) return reply;
  if (first === undefined) return unsatisfiable(reply, entry.length);
  return parts.length === 1 ? rangeReply(reply, content, first) : multipart(reply, content, parts);
}

function withStatus(entry: Entry, nowMs: number, cacheStatus: string): Reply {
  const { stored, headers, body } = entry;
  return new Reply(stored.status, fieldsOf(headers, entry.ageAt(nowMs), cacheStatus), body, stored.reason);
}

/** The answer from what is being stored, as it comes; undefined if its beginning is not there any more. */
export function answerFromFill(
  { stored, headers, fill }: ComingContent,
  asked: Asked,
  nowMs: number,
  cacheStatus: string,
): Reply | undefined {
  const fields = fieldsOf(headers, ageOf(stored, nowMs), cacheStatus);
  const head = new Reply(stored.status, fields, Body.empty, stored.reason);
  const isGood = stored.status >= 200 && stored.status <= 299;
  if (isGood && isNotModified(asked, stored.validators, nowMs)) return notModified(head);
  const reader = fill.open();
  if (reader === undefined) return undefined;
  head.body = Body.from(reader, "service");
  return head;
}

/** Of the fields those that a 304 has to have (RFC 9110 §15.4.5), and all others that do not describe the content. */
export function notModified({ headers }: Reply): Reply {
  headers.deleteWhere((name) => DESCRIBES_CONTENT.has(name));
  return new Reply(304, headers, Body.empty);
}

const DESCRIBES_CONTENT = new Set(["content-type", "content-encoding", "content-language", "content-range"]);
