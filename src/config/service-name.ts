import { Kind, type TUnsafe, Type, TypeRegistry } from "@sinclair/typebox";

/** Kind of the schemas that are names of services. */
export const SERVICE_NAME = "ServiceName";

interface ServiceNameOptions {
  readonly description?: string;
}

/** The name of a service of the same configuration; that there is one is checked, at its place. */
export const ServiceName = (options: ServiceNameOptions = {}): TUnsafe<string> =>
  Type.Unsafe<string>({
    ...options,
    [Kind]: SERVICE_NAME,
    type: "string",
    minLength: 1,
    expected: "the name of a service",
  });

TypeRegistry.Set(SERVICE_NAME, (_schema, value) => typeof value === "string" && value !== "");
