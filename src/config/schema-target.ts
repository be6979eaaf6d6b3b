import { Type } from "@sinclair/typebox";

/** One target as it is written. */
export const Target = Type.Union(
  [
    Type.String({ minLength: 1 }),
    Type.Object(
      {
        url: Type.String({ minLength: 1, description: "http://host:port, https://host:port or unix:/path/to.sock." }),
        weight: Type.Integer({
          default: 1,
          minimum: 0,
          maximum: 1_000,
          description: "Share of the requests; 0: none.",
        }),
      },
      { additionalProperties: false },
    ),
  ],
  {
    description: "A URL (http, https, or unix:/path/to.sock), or { url, weight }.",
    expected: "a URL or { url, weight }",
  },
);
