import { type Static, Type } from "@sinclair/typebox";
import { MOMENT } from "./moment.ts";

const Moment = (description: string) =>
  Type.Optional(
    Type.String({
      pattern: MOMENT,
      expected: "a date such as 2026-12-31, or a moment such as 2026-12-31T12:00:00Z",
      description,
    }),
  );

/** That clients should not use a route any more. */
export const Deprecated = Type.Union(
  [
    Type.Boolean(),
    Type.Object(
      {
        since: Moment("Since when, or from when on."),
        sunset: Moment("When it will go away."),
        link: Type.Optional(
          Type.String({
            pattern: "^(https?://|/)[\\x21\\x23-\\x3b\\x3d\\x3f-\\x7e]*$",
            expected: "a URL, or a path that begins with /",
            description: "Where clients read what to do instead.",
          }),
        ),
      },
      { additionalProperties: false, minProperties: 1 },
    ),
  ],
  {
    expected: "true, or a map of since, sunset and link",
    description:
      "Clients should not use this route any more: its replies say so (`Deprecation`, `Sunset`), and so does the OpenAPI document. true, or a map.",
  },
);

export type DeprecatedConfig = Static<typeof Deprecated>;
