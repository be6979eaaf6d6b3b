import { Kind, type TUnsafe, Type, TypeRegistry } from "@sinclair/typebox";
import { parseCidr } from "../message/cidr.ts";

const KIND = "Cidr";

interface CidrOptions {
  readonly default?: string;
  readonly description?: string;
}

/** An IPv4 or IPv6 address, or a block of them (`10.0.0.0/8`), as it is written; `CidrSet` takes a list of them. */
export const Cidr = (options: CidrOptions = {}): TUnsafe<string> =>
  Type.Unsafe<string>({
    ...options,
    [Kind]: KIND,
    type: "string",
    expected: "an address or a CIDR such as 10.0.0.0/8 or 2001:db8::/32",
  });

TypeRegistry.Set(KIND, (_schema, value) => typeof value === "string" && parseCidr(value) !== undefined);
