import type { HeaderList } from "../../src/plugin.ts";
import type { Preconditions } from "./rules/preconditions.ts";
import { NO_DIRECTIVES, type RequestDirectives, requestDirectives } from "./rules/request-directives.ts";

/** What a request says that matters to a cache. */
export interface Asked extends Preconditions {
  readonly directives: RequestDirectives;
  readonly range: string | undefined;
  readonly ifRange: string | undefined;
  /** It has a condition that only the service can judge (RFC 9110 §13.1.1, §13.1.4). */
  readonly isForService: boolean;
}

/** A request for all of what there is, without a condition. */
export const NOTHING_ASKED: Asked = {
  directives: NO_DIRECTIVES,
  ifNoneMatch: undefined,
  ifModifiedSince: undefined,
  range: undefined,
  ifRange: undefined,
  isForService: false,
};

/** Reads a request's fields; most have none that matters, and cost one pass over their names. */
export function readAsked(headers: HeaderList): Asked {
  const { flat } = headers;
  for (let i = 0; i < flat.length; i += 2) if (isOfInterest(flat[i] as string)) return readAll(headers);
  return NOTHING_ASKED;
}

function isOfInterest(name: string): boolean {
  switch (name) {
    case "cache-control":
    case "pragma":
    case "range":
    case "if-none-match":
    case "if-modified-since":
    case "if-match":
    case "if-unmodified-since":
      return true;
    default:
      return false;
  }
}

function readAll(headers: HeaderList): Asked {
  return {
    directives: directivesOf(headers),
    ifNoneMatch: headers.get("if-none-match"),
    ifModifiedSince: headers.get("if-modified-since"),
    range: headers.get("range"),
    ifRange: headers.get("if-range"),
    isForService: headers.has("if-match") || headers.has("if-unmodified-since"),
  };
}

function directivesOf(headers: HeaderList): RequestDirectives {
  const field = headers.get("cache-control");
  if (field !== undefined) return requestDirectives(field);
  // What clients of HTTP/1.0 say instead (RFC 9111 §5.4).
  const pragma = headers.get("pragma");
  if (pragma === undefined || !/(?:^|,)\s*no-cache\s*(?:,|$)/i.test(pragma)) return NO_DIRECTIVES;
  return { ...NO_DIRECTIVES, noCache: true };
}

/** Whether the answer to it can be everybody's: it asks for all of what there is, and for nothing anew. */
export function isForAll({ directives, range, ifNoneMatch, ifModifiedSince, isForService }: Asked): boolean {
  if (range !== undefined || ifNoneMatch !== undefined || ifModifiedSince !== undefined || isForService) return false;
  return !directives.noStore && !directives.noCache && directives.maxAge === undefined;
}
