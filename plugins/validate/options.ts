import { FilePath, Share, Size, type Static, Type } from "../../src/plugin.ts";

export const Options = Type.Object({
  requests: Type.Union([Type.Literal("off"), Type.Literal("report"), Type.Literal("enforce")], {
    default: "enforce",
    description: "What becomes of a request that is not as documented: nothing, a line in the log, or a refusal.",
  }),
  responses: Type.Union([Type.Literal("off"), Type.Literal("report")], {
    default: "off",
    description: "Whether replies of the service are looked at; they are never changed.",
  }),
  sample: Share({ default: "10%", description: "Of the replies, those whose headers and body are checked." }),
  "max-body": Size({
    default: "1mb",
    description:
      "Bytes of a body that are checked. A request with more is refused, or passes unchecked if it is only reported.",
  }),
  undocumented: Type.Union([Type.Literal("pass"), Type.Literal("refuse")], {
    default: "pass",
    description: "What `enforce` does with requests for a path or method that the document does not have.",
  }),
  document: Type.Optional(
    FilePath({
      description: "An OpenAPI document, JSON or YAML. Default: the one that the gateway has of the service.",
    }),
  ),
});

export type ValidateOptions = Static<typeof Options>;
