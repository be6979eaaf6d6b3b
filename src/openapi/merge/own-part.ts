import type { JsonObject } from "../json.ts";
import type { Policy } from "../policy/policy.ts";
import { placedParameters } from "./parameters.ts";
import type { PlacedOperation } from "./place.ts";

/** What of an operation its service says: its security only where the gateway has none. */
export function ownPart(one: PlacedOperation, policy: Policy): JsonObject {
  const { servers: _, operationId: __, parameters: ___, security, ...rest } = one.operation.value;
  const parameters = placedParameters(one);
  return {
    ...rest,
    ...(parameters.length > 0 && { parameters }),
    ...(security !== undefined && policy.security === undefined && { security }),
  };
}
