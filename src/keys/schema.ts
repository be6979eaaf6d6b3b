import { type TUnsafe, Type } from "@sinclair/typebox";

/** What requests are told apart by: one part, or several together. */
export type KeySpec = string | readonly string[];

interface KeyOptions {
  readonly default?: KeySpec;
  readonly description?: string;
}

const PLAIN = ["ip", "principal", "route", "service", "global"] as const;
const NAME = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";

const Part = Type.Union([
  ...PLAIN.map((part) => Type.Literal(part)),
  Type.String({ pattern: `^header:${NAME}$`, expected: "header:NAME" }),
  Type.String({ pattern: `^cookie:${NAME}$`, expected: "cookie:NAME" }),
  Type.String({ pattern: "^query:.+$", expected: "query:NAME" }),
]);

/** The key of a limit in the YAML: `ip`, `header:x-tenant`, `[principal, route]`; `compileKey` makes a function of it. */
export const RequestKey = (options: KeyOptions = {}): TUnsafe<KeySpec> =>
  Type.Unsafe<KeySpec>(Type.Union([Part, Type.Array(Part, { minItems: 1, maxItems: 8, uniqueItems: true })], options));

/** How many bits of an IPv6 address tell clients apart. */
export const Ipv6Prefix = () =>
  Type.Integer({
    minimum: 1,
    maximum: 128,
    default: 64,
    description: "Bits of an IPv6 address that tell clients apart: whoever has one address mostly has a whole /64.",
  });
