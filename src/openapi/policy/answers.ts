import { ERRORS, type ErrorCode } from "../../errors.ts";
import type { ErrorFormat } from "../../message/problem.ts";
import type { AnswerHeader, PluginRefusal, PluginReply } from "../../policy/plugin-policy.ts";
import type { JsonObject } from "../json.ts";
import { order } from "../merge/names.ts";
import { bothResponses } from "./both.ts";
import { errorContent } from "./problem-schema.ts";

/** The responses, by status, that these refusals and replies of the gateway make. */
export function responsesOf(
  refusals: readonly PluginRefusal[],
  replies: readonly PluginReply[],
  format: ErrorFormat,
): Readonly<Record<string, JsonObject>> {
  const responses: Record<string, JsonObject> = {};
  for (const [status, group] of Map.groupBy(refusals, ({ code }) => String(ERRORS[code].status))) {
    responses[status] = refusalResponse(group, format);
  }
  for (const reply of replies) {
    const status = String(reply.status);
    const response = replyResponse(reply);
    responses[status] = both(responses[status], response);
    for (const one of Object.keys(responses).filter((key) => isOfClass(key, status))) {
      responses[one] = both(responses[one], response);
    }
  }
  return responses;
}

/** A status of which `4XX` would say nothing any more, for it is named itself. */
export function isOfClass(status: string, wider: string): boolean {
  return wider === `${status.charAt(0)}XX` && status !== wider;
}

function both(first: JsonObject | undefined, second: JsonObject): JsonObject {
  return first === undefined ? second : bothResponses(first, second);
}

function refusalResponse(refusals: readonly PluginRefusal[], format: ErrorFormat): JsonObject {
  const byCode = Map.groupBy(refusals, ({ code }) => code);
  const codes = [...byCode.keys()].sort(order) as ErrorCode[];
  const lines = codes.map((code) => `- \`${code}\`: ${sentences(byCode.get(code) ?? []).join(" ")}`);
  const names = [...new Set(refusals.flatMap(({ headers }) => Object.keys(headers ?? {})))].sort(order);
  const headers = Object.fromEntries(names.map((name) => [name, headerOf(name, refusals)]));
  return {
    description: `The gateway's own answer:\n${lines.join("\n")}`,
    ...(names.length > 0 && { headers }),
    content: errorContent(format, codes),
  };
}

function sentences(refusals: readonly PluginRefusal[]): readonly string[] {
  return [...new Set(refusals.map(({ when }) => when))];
}

/** Certain only if all who answer with that status send it. */
function headerOf(name: string, refusals: readonly PluginRefusal[]): JsonObject {
  const all = refusals.map(({ headers }) => headers?.[name]);
  const present = all.filter((header) => header !== undefined);
  const description = [...new Set(present.map((header) => header.description))].join(" ");
  const [first] = present;
  return { ...headerObject({ ...first, description }), ...(all.every(isCertain) && { required: true }) };
}

function isCertain(header: AnswerHeader | undefined): boolean {
  return header !== undefined && header.mayBeMissing !== true;
}

/** A header as OpenAPI writes it. */
export function headerObject({ description, schema }: AnswerHeader): JsonObject {
  return { description, schema: schema ?? { type: "string" } };
}

function replyResponse({ description, headers, content }: PluginReply): JsonObject {
  const named = Object.entries(headers ?? {}).map(([name, header]) => {
    return [name, { ...headerObject(header), ...(isCertain(header) && { required: true }) }] as const;
  });
  const bodies = Object.entries(content ?? {}).map(([type, schema]) => [type, { schema }] as const);
  return {
    description,
    ...(named.length > 0 && { headers: Object.fromEntries(named) }),
    ...(bodies.length > 0 && { content: Object.fromEntries(bodies) }),
  };
}
