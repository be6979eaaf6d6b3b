import { type ErrorDetail, GatewayError, type Reply, Tee } from "../../src/plugin.ts";
import { bodyTypeOf } from "./bodies.ts";
import { bodyErrors } from "./faults.ts";
import { isJson } from "./media-type.ts";
import type { ReplyDescription } from "./replies.ts";
import type { OnChecked } from "./requests.ts";

/** Holds a reply of the service against its description; a JSON body is noted as it passes, and looked at when it is whole. */
export function observeReply(
  reply: Reply,
  method: string,
  { bodies, checkHeaders }: ReplyDescription,
  maxBody: number,
  onChecked: OnChecked,
): void {
  const { headers, status, body } = reply;
  const errors: ErrorDetail[] = (checkHeaders(headers) ?? []).map(({ pointer, detail }) => ({
    parameter: pointer,
    in: "header",
    detail,
  }));
  const hasNoBody = method === "HEAD" || status === 204 || status === 205 || status === 304 || body.isEmpty;
  if (hasNoBody || bodies.types.length === 0) return onChecked(errors);
  const found = bodyTypeOf(bodies, headers.get("content-type"));
  if (found === undefined) {
    errors.push({ detail: `the body is not of type ${bodies.written}` });
    return onChecked(errors);
  }
  const { documented, own } = found;
  const { check } = documented;
  const isReadable = isJson(own) && (headers.get("content-encoding") ?? "identity") === "identity";
  if (check === undefined || !isReadable) {
    return onChecked(errors.length === 0 && check !== undefined ? undefined : errors);
  }
  const finish = (bytes: Uint8Array | undefined) => {
    if (bytes === undefined) return onChecked(errors.length === 0 ? undefined : errors);
    try {
      errors.push(...bodyErrors(check(bytes, own) ?? []));
    } catch (error) {
      const { detail, title } = GatewayError.from(error);
      errors.push({ detail: detail ?? title });
    }
    onChecked(errors);
  };
  const { length } = body;
  if (length !== undefined && length > maxBody) finish(undefined);
  else if (body.isInMemory) finish(body.inMemory);
  else reply.body = body.through((source) => new Tee(source, maxBody, () => finish));
}
