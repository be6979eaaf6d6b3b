import { ERRORS, type ErrorCode } from "../../errors.ts";
import type { ErrorFormat } from "../../message/problem.ts";
import type { JsonObject } from "../json.ts";

interface Form {
  readonly mediaType: string;
  /** Services' schemas of that name get another one. */
  readonly name: string;
  readonly schema: JsonObject;
}

const text = (description: string) => ({ type: "string", description });
const CODE = text("What has happened: one of the gateway's codes, which do not change.");
const ERRORS_IN_DETAIL: JsonObject = {
  type: "array",
  description: "What is wrong in detail, where more than one thing can be.",
  items: {
    type: "object",
    required: ["detail"],
    properties: {
      pointer: text("Where it is in the body, or in the parameter's value (RFC 6901)."),
      parameter: text("The parameter, if it is one."),
      in: { enum: ["path", "query", "header", "cookie"], description: "Where that parameter is." },
      detail: text("What is wrong there."),
    },
  },
};
const REQUEST_ID = text("The request's id, which the logs have too.");

const FORMS: Readonly<Record<ErrorFormat, Form>> = {
  problem: {
    mediaType: "application/problem+json",
    name: "GatewayProblem",
    schema: {
      description: "An error that the gateway itself has answered with (RFC 9457).",
      type: "object",
      required: ["type", "title", "status", "code", "requestId"],
      properties: {
        type: { type: "string", format: "uri", description: "The same for all errors of one code." },
        title: text("What has happened, in words; the same for all errors of one code."),
        status: { type: "integer", minimum: 400, maximum: 599, description: "The status of the reply." },
        detail: text("What was wrong with this request."),
        code: CODE,
        requestId: REQUEST_ID,
        errors: ERRORS_IN_DETAIL,
      },
    },
  },
  envelope: {
    mediaType: "application/json",
    name: "GatewayError",
    schema: {
      description: "An error that the gateway itself has answered with.",
      type: "object",
      required: ["success", "message", "code", "requestId"],
      properties: {
        success: { const: false },
        message: text("What has happened, in words."),
        code: CODE,
        requestId: REQUEST_ID,
        errors: ERRORS_IN_DETAIL,
      },
    },
  },
};

/** What is in an error's body in that form, for these codes of one status. */
export function errorContent(format: ErrorFormat, codes: readonly ErrorCode[]): JsonObject {
  const { mediaType, name } = FORMS[format];
  const [first] = codes;
  const status = first === undefined || format === "envelope" ? {} : { status: { const: ERRORS[first].status } };
  const schema = {
    allOf: [{ $ref: `#/components/schemas/${name}` }, { properties: { ...status, code: { enum: codes } } }],
  };
  return { [mediaType]: { schema } };
}

/** The schema that `errorContent` refers to. */
export function errorSchemas(format: ErrorFormat): Readonly<Record<string, JsonObject>> {
  const { name, schema } = FORMS[format];
  return { [name]: schema };
}
