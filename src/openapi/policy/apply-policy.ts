import { type Draft, isObject, type Json, type JsonObject, objectAt, textAt } from "../json.ts";
import { hostOf, type RouteEntry } from "../merge/project.ts";
import { withAddedHeaders } from "./added-headers.ts";
import { isOfClass } from "./answers.ts";
import { bothResponses, ownResponse, resolvedResponse } from "./both.ts";
import type { Policy } from "./policy.ts";
import { isSharedName, SharedResponses } from "./shared-responses.ts";

/** Writes into operations what the gateway does, and keeps what these then refer to. */
export class PolicyWriter {
  readonly #responses = new SharedResponses();
  readonly #schemes = new Map<string, Json>();
  readonly #schemas = new Map<string, Json>();
  /** Components of services with the headers of a policy: many operations have the same. */
  readonly #extended = new Map<JsonObject, Map<Policy, JsonObject>>();

  /**
   * An operation with what the gateway does on the way, and where it listens for it.
   *
   * @param components those of the services, as they stand in the merged document
   */
  write(operation: JsonObject, policy: Policy, route: RouteEntry, components: JsonObject): JsonObject {
    const host = hostOf(route.config);
    const { security, extensions, notes, isDeprecated } = policy;
    for (const [name, scheme] of Object.entries(security?.schemes ?? {})) this.#schemes.set(name, scheme);
    for (const [name, schema] of Object.entries(policy.schemas ?? {})) this.#schemas.set(name, schema);
    const description = [textAt(operation, "description"), ...notes].filter(
      (text) => text !== undefined && text !== "",
    );
    const responses = this.#both(objectAt(operation, "responses") ?? {}, policy, components);
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

  #both(own: JsonObject, policy: Policy, components: JsonObject): JsonObject {
    const written = Object.keys(own).length === 0 ? { default: { description: "What the service answers." } } : own;
    const responses: Draft = {};
    for (const [status, response] of Object.entries(written)) {
      responses[status] = this.#withHeaders(status, response, policy, components);
    }
    for (const [status, response] of entriesOf(policy.responses, own)) {
      const described = ownResponse(own, status, components);
      const both = described && bothResponses(withAddedHeaders(described, policy.headers ?? {}), response);
      responses[status] = this.#responses.reference(status, both ?? response);
    }
    return responses;
  }

  /** A component that many operations share becomes another one that they share. */
  #withHeaders(status: string, written: Json, policy: Policy, components: JsonObject): Json {
    const { headers } = policy;
    const response = isObject(written) ? resolvedResponse(written, components) : undefined;
    if (headers === undefined || response === undefined || status.startsWith("x-")) return written;
    if (response === written) return withAddedHeaders(response, headers);
    const known = this.#extended.get(response) ?? new Map<Policy, JsonObject>();
    this.#extended.set(response, known);
    const extended = known.get(policy) ?? withAddedHeaders(response, headers);
    known.set(policy, extended);
    return extended === response ? written : this.#responses.reference(status, extended);
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
