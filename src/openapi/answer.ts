import { Body } from "../message/body.ts";
import { HeaderList } from "../message/headers.ts";
import { Reply } from "../message/reply.ts";
import type { GatewayRequest } from "../message/request.ts";
import type { Encoded } from "./encode.ts";

/** Something that is published at a path. */
export interface Publication {
  readonly type: string;
  readonly content: Encoded;
  /** Further fields of a reply: names and values in turn. */
  readonly fields: readonly string[];
}

/** Encodings in which a publication is kept, the best first, and the ends of their ETags. */
const CODINGS = [
  ["br", "-br"],
  ["gzip", "-gz"],
] as const;

/** The publication as the client wants it, or 304 if it has it already (RFC 9110 §13.1.2). */
export function answerWith({ headers }: GatewayRequest, { type, content, fields }: Publication): Reply {
  const accepted = headers.get("accept-encoding") ?? "";
  const coding = CODINGS.find(([name]) => accepts(accepted, name));
  const etag = `"${content.tag}${coding?.[1] ?? ""}"`;
  const common = ["etag", etag, "cache-control", "no-cache", "vary", "accept-encoding"];
  if (isCurrent(headers.get("if-none-match"), content.tag)) return new Reply(304, new HeaderList([...common]));
  const list = new HeaderList(["content-type", type, ...common, "x-content-type-options", "nosniff", ...fields]);
  if (coding !== undefined) list.set("content-encoding", coding[0]);
  return new Reply(200, list, Body.of(coding === undefined ? content.plain : content[coding[0]]));
}

/** Weak comparison: the same content in another encoding is as good. */
function isCurrent(condition: string | undefined, tag: string): boolean {
  if (condition === undefined) return false;
  const known = ["*", `"${tag}"`, ...CODINGS.map(([, end]) => `"${tag}${end}"`)];
  return condition.split(",").some((one) => known.includes(one.trim().replace(/^W\//, "")));
}

/** RFC 9110 §12.5.3: named, and not with the weight 0. */
function accepts(header: string, coding: string): boolean {
  return header.split(",").some((item) => {
    const [name = "", ...parameters] = item.split(";").map((part) => part.trim().toLowerCase());
    return name === coding && !parameters.some((one) => /^q=0(\.0*)?$/.test(one));
  });
}
