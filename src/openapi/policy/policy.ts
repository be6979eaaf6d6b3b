import type { JsonObject } from "../json.ts";
import type { RouteEntry } from "../merge/project.ts";

/** What the gateway itself does on the way to an operation, as its document says it. */
export interface Policy {
  /** Schemes by name, and what is required of them; undefined: the gateway asks nobody who he is. */
  readonly security?: {
    readonly schemes: Readonly<Record<string, JsonObject>>;
    readonly requirements: readonly JsonObject[];
  };
  /** Answers of the gateway by status. */
  readonly responses: Readonly<Record<string, JsonObject>>;
  /** Schemas that these refer to, by names that no service's schema gets. */
  readonly schemas?: Readonly<Record<string, JsonObject>>;
  /** What the gateway adds to the headers of a service's answers, by name. */
  readonly headers?: Readonly<Record<string, JsonObject>>;
  /** Keys that begin with `x-`. */
  readonly extensions: JsonObject;
  /** Sentences for people. */
  readonly notes: readonly string[];
  readonly isDeprecated?: boolean;
}

/** What the plugins of a route say about requests with that method to one of its services. */
export type PolicyOf = (route: RouteEntry, service: string, method: string) => Policy;

export const NO_POLICY: Policy = { responses: {}, extensions: {}, notes: [] };
