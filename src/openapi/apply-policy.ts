import { isOfClass } from "./answers.ts";
import { bothResponses, ownResponse } from "./both.ts";
import { type Draft, type Json, type JsonObject, objectAt, textAt } from "./json.ts";
import type { Policy } from "./policy.ts";
import { hostOf, type RouteEntry } from "./project.ts";
import { isSharedName, SharedResponses } from "./shared-responses.ts";
import { withSuccessHeaders } from "./success-headers.ts";

/** Writes into operations what the gateway does, and keeps what these then refer to. */
export class PolicyWriter {
  readonly #responses = new SharedResponses();
  readonly #schemes = new Map<string, Json>();
  readonly #schemas = new Map<string, Json>();

  /**
   * An operation with what the gateway does on the way, and where it listens for it.
   *
   * @param components those of the services, as they stand in the merged document
   */
  write(operation: JsonObject, policy: Policy, route: RouteEntry, components: JsonObject): JsonObject {
    const host = hostOf(route.config);
    const { security, headers = {}, extensions, notes, isDeprecated } = policy;
    for (const [name, scheme] of Object.entries(security?.schemes ?? {})) this.#schemes.set(name, scheme);
    for (const [name, schema] of Object.entries(policy.schemas ?? {})) this.#schemas.set(name, schema);
    const description = [textAt(operation, "description"), ...notes].filter(
      (text) => text !== undefined && text !== "",
    );
    const own = withSuccessHeaders(objectAt(operation, "responses") ?? {}, headers, components);
    const responses = this.#both(own, policy.responses, components);
    return {
      ...operation,
      ...(description.length > 0 && { description: description.join("\n\n") }),
      ...(host !== undefined && { servers: [{ url: `//${host}` }] }),
      ...(security !== undefined && { security: security.requirements }),
      responses,
      ...(isDeprecated === true && { deprecated: true }),
      ...extensions,
    };
  }

  /** Adds what the operations refer to. */
  complete(components: Draft): void {
    const add = (section: string, more: Readonly<Record<string, Json>>) => {
      if (Object.keys(more).length > 0) components[section] = { ...objectAt(components, section), ...more };
    };
    add("schemas", Object.fromEntries(this.#schemas));
    add("responses", this.#responses.components);
    add("securitySchemes", Object.fromEntries(this.#schemes));
  }

  #both(own: JsonObject, ours: Policy["responses"], components: JsonObject): JsonObject {
    const isBare = Object.keys(own).length === 0;
    const responses: Draft = isBare ? { default: { description: "What the service answers." } } : { ...own };
    for (const [status, response] of entriesOf(ours, own)) {
      const described = ownResponse(own, status, components);
      const both = described === undefined ? response : bothResponses(described, response);
      responses[status] = this.#responses.reference(status, both);
    }
    return responses;
  }
}

/** What the gateway answers, also with statuses of a class of its answers that the service names. */
function entriesOf(ours: Policy["responses"], own: JsonObject): readonly (readonly [string, JsonObject])[] {
  const named = Object.entries(ours).flatMap(([wider, response]) =>
    Object.keys(own).flatMap((status) =>
      isOfClass(status, wider) && ours[status] === undefined ? [[status, response] as const] : [],
    ),
  );
  return [...Object.entries(ours), ...named];
}

/** Whether components of services cannot have that id, "schemas/Error", for the gateway's own have it. */
export function isReserved(policies: readonly Policy[]): (id: string) => boolean {
  const names = new Set(
    policies.flatMap(({ security, schemas }) => [
      ...Object.keys(security?.schemes ?? {}).map((name) => `securitySchemes/${name}`),
      ...Object.keys(schemas ?? {}).map((name) => `schemas/${name}`),
    ]),
  );
  const hasResponses = policies.some(({ responses }) => Object.keys(responses).length > 0);
  return (id) => names.has(id) || (hasResponses && id.startsWith("responses/") && isSharedName(id.slice(10)));
}
