import { Size, type Static, Type } from "../../src/plugin.ts";

/** Content codings, as `Content-Encoding` names them (RFC 9110 §8.4.1, RFC 7932, RFC 8878). */
export const Encoding = Type.Union([Type.Literal("zstd"), Type.Literal("br"), Type.Literal("gzip")], {
  expected: "zstd, br or gzip",
});
export type Encoding = Static<typeof Encoding>;

/** The types of content that shrink; pictures, films and archives are compressed as they are. */
const TYPES = [
  "text/*",
  "application/json",
  "application/*+json",
  "application/xml",
  "application/*+xml",
  "application/javascript",
  "application/x-ndjson",
  "application/yaml",
  "application/wasm",
  "image/svg+xml",
];

const level = (least: number, most: number, preset: number) =>
  Type.Integer({ minimum: least, maximum: most, default: preset });

export const Options = Type.Object({
  encodings: Type.Array(Encoding, {
    default: ["zstd", "br", "gzip"],
    minItems: 1,
    uniqueItems: true,
    description: "What may be used; of those that a client likes equally, the first.",
  }),
  "min-bytes": Size({
    default: "1kb",
    description: "Shorter replies are left alone; of a stream the length is not known.",
  }),
  types: Type.Array(
    Type.String({
      pattern: "^[a-z0-9!#$&^_.-]+/([a-z0-9!#$&^_.+-]+|\\*(\\+[a-z0-9.-]+)?)$",
      expected: "a media type in small letters, such as application/json, text/* or application/*+json",
    }),
    { default: TYPES, minItems: 1, description: "Content types that are compressed." },
  ),
  level: Type.Object(
    { zstd: level(1, 19, 3), br: level(0, 11, 4), gzip: level(1, 9, 6) },
    { additionalProperties: false, default: {}, description: "Effort for each: more is smaller, and costs more time." },
  ),
  "max-streams": Type.Integer({
    default: 256,
    minimum: 0,
    description: "Replies compressed as they stream, at a time in each worker; about 1 MB each. Others go as they are.",
  }),
});

export type CompressionOptions = Static<typeof Options>;
