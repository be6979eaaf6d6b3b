import type { RouteConfig } from "../config/schema.ts";
import { isReserved, PolicyWriter } from "./apply-policy.ts";
import { UNRESOLVED } from "./files/unresolved.ts";
import { FreeNames } from "./free-names.ts";
import { METHODS, SECTIONS, type Section } from "./grammar.ts";
import type { Owned } from "./identity.ts";
import { type Draft, isObject, type Json, type JsonObject, objectAt, pointerToken, textAt } from "./json.ts";
import { nameComponents, nameOf, order } from "./names.ts";
import { nameOperations } from "./operation-ids.ts";
import { operationsOf } from "./operations.ts";
import { placedParameters } from "./parameters.ts";
import { type PlacedOperation, placeOperations, shapeOf } from "./place.ts";
import { NO_POLICY, type Policy, type PolicyOf } from "./policy.ts";
import { createProjector, type Projector, type RouteEntry, servicesOf } from "./project.ts";
import { reachable } from "./reach.ts";
import { Report, type ReportLine } from "./report.ts";
import { Source } from "./source.ts";
import { nameTags, type Tags } from "./tags.ts";
import { undocumentedOperations } from "./undocumented.ts";
import { upgraded } from "./upgrade.ts";
import { createWriter, type Names, UNKNOWN, unknownComponent } from "./writer.ts";

/** The document of a service as it was read, in any version. */
export interface MergeInput {
  readonly service: string;
  readonly document: Json;
}

export interface MergeOptions {
  readonly title: string;
  readonly version: string;
  readonly routes: readonly RouteConfig[];
  /** Services that are not to be documented at all. */
  readonly hidden?: ReadonlySet<string>;
  readonly policyOf?: PolicyOf;
  /** Which operations are published; all unless told. Asked with the service and the tags that an operation has in the end. */
  readonly isPublished?: (service: string, tags: readonly string[]) => boolean;
}

export interface Merged {
  readonly document: JsonObject;
  /** How many of each service are in it. */
  readonly operations: Readonly<Record<string, number>>;
  readonly lines: readonly ReportLine[];
}

/**
 * Makes one document of those of all services: each operation where clients find it through the routes, once, under an id of its
 * own. The order of the inputs does not matter. A document that is none is left out and reported.
 */
export function mergeDocuments(inputs: readonly MergeInput[], options: MergeOptions): Merged {
  return new Merger(inputs, options).run();
}

class Merger {
  readonly #options: MergeOptions;
  readonly #report = new Report();
  readonly #sources: readonly Source[];
  readonly #projector: Projector;
  readonly #counts = new Map<string, number>();
  readonly #writers = new Map<Source, ReturnType<typeof createWriter>>();

  constructor(inputs: readonly MergeInput[], options: MergeOptions) {
    this.#options = options;
    this.#projector = createProjector(options.routes);
    this.#sources = inputs
      .toSorted((a, b) => order(a.service, b.service))
      .flatMap(({ service, document }) => {
        try {
          return [new Source(service, upgraded(document))];
        } catch (error) {
          this.#report.add({
            kind: "document-failed",
            service,
            message: error instanceof Error ? error.message : String(error),
          });
          return [];
        }
      });
  }

  run(): Merged {
    const operations = this.#sources.flatMap((source) => operationsOf(source, this.#report));
    const all = placeOperations(operations, this.#projector, this.#report);
    const tags = nameTags(all, this.#report);
    const { isPublished } = this.#options;
    const placed =
      isPublished === undefined ? all : all.filter((one) => isPublished(one.operation.source.service, tags.of(one)));
    const webhooks = isPublished === undefined ? this.#webhooks() : [];
    const owned = this.#owned(placed, webhooks);
    const components = nameComponents(owned, this.#report, isReserved(this.#policies()));
    const ids = nameOperations(placed, this.#report);
    const names = namesOf(placed, ids, components);
    const policies = new PolicyWriter();
    const written = this.#components(owned, components, names);
    const paths = this.#paths(placed, ids, names, tags, (value, route, service, method) =>
      policies.write(value, this.#policyOf(route, service, method), route, written),
    );
    const hooks = this.#hooks(webhooks, names);
    policies.complete(written);
    addUnknown(paths, hooks, written);
    const document = this.#document(paths, hooks, written, tags);
    return { document, operations: Object.fromEntries(this.#counts), lines: this.#report.lines };
  }

  #document(paths: JsonObject, webhooks: JsonObject, components: JsonObject, { tags, groups }: Tags): JsonObject {
    const isLater = this.#sources.some(({ document }) => textAt(document, "openapi")?.startsWith("3.2"));
    const services = this.#sources.map(({ service, document }) => {
      const extensions = Object.entries(document).filter(([key]) => key.startsWith("x-") && key !== UNRESOLVED);
      return [service, { ...objectAt(document, "info"), ...Object.fromEntries(extensions) }] as const;
    });
    return {
      openapi: isLater ? "3.2.0" : "3.1.1",
      info: { title: this.#options.title, version: this.#options.version },
      servers: [{ url: "/" }],
      tags,
      ...(groups.length > 0 && { "x-tagGroups": groups }),
      paths,
      ...(Object.keys(webhooks).length > 0 && { webhooks }),
      ...(Object.keys(components).length > 0 && { components }),
      ...(services.length > 0 && { "x-services": Object.fromEntries(services) }),
    };
  }

  #webhooks(): readonly Webhook[] {
    return this.#sources.flatMap((source) =>
      Object.entries(objectAt(source.document, "webhooks") ?? {}).flatMap(([name, value]) =>
        isObject(value) && value["x-internal"] !== true ? [{ source, name, value }] : [],
      ),
    );
  }

  #owned(placed: readonly PlacedOperation[], webhooks: readonly Webhook[]): readonly Owned[] {
    return this.#sources.flatMap((source) => {
      const operations = placed.filter(({ operation }) => operation.source === source);
      const roots = operations.map((one) => ({ value: this.#ownPart(one), kind: "operation" as const }));
      const hooks = webhooks.filter((hook) => hook.source === source);
      return reachable(source, [...roots, ...hooks.map(({ value }) => ({ value, kind: "pathItem" as const }))]);
    });
  }

  /** What of an operation its service says: its security only where the gateway has none. */
  #ownPart(one: PlacedOperation): JsonObject {
    const { servers: _, operationId: __, parameters: ___, security, ...rest } = one.operation.value;
    const { source, method } = one.operation;
    const isOurs = this.#policyOf(one.place.route, source.service, method).security !== undefined;
    const parameters = placedParameters(one);
    return {
      ...rest,
      ...(parameters.length > 0 && { parameters }),
      ...(security !== undefined && !isOurs && { security }),
    };
  }

  #policyOf(route: RouteEntry, service: string, method: string): Policy {
    return this.#options.policyOf?.(route, service, method) ?? NO_POLICY;
  }

  /** All that there may be. */
  #policies(): readonly Policy[] {
    return this.#projector.routes.flatMap((route) =>
      servicesOf(route.config).flatMap((service) => ["GET", "POST"].map((one) => this.#policyOf(route, service, one))),
    );
  }

  #paths(
    placed: readonly PlacedOperation[],
    ids: ReadonlyMap<PlacedOperation, string>,
    names: Names,
    tags: Tags,
    withPolicy: (operation: JsonObject, route: RouteEntry, service: string, method: string) => JsonObject,
  ): JsonObject {
    const paths = new Map<string, Draft>();
    const put = (path: string, method: string, service: string, operation: JsonObject) => {
      this.#counts.set(service, (this.#counts.get(service) ?? 0) + 1);
      const item = paths.get(path) ?? {};
      paths.set(path, item);
      const key = method.toLowerCase();
      if ((METHODS as readonly string[]).includes(key)) item[key] = operation;
      else item.additionalOperations = { ...objectAt(item, "additionalOperations"), [method]: operation };
    };
    for (const one of placed) {
      const { source, method } = one.operation;
      const written = this.#writer(source, names)(this.#ownPart(one), "operation");
      if (!isObject(written)) continue;
      const own = { ...written, operationId: ids.get(one) ?? "", tags: tags.of(one) };
      put(one.path, method, source.service, withPolicy(own, one.place.route, source.service, method));
    }
    const taken = new Set(placed.map(({ path, operation }) => `${operation.method} ${shapeOf(path)}`));
    for (const { path, method, value, route, service } of this.#undocumented(taken)) {
      put(path, method, service, withPolicy(value, route, service, method));
    }
    return Object.fromEntries([...paths].sort(([a], [b]) => order(a, b)));
  }

  #undocumented(taken: ReadonlySet<string>) {
    const documented = new Set(this.#sources.map(({ service }) => service));
    const operations = undocumentedOperations(
      this.#projector,
      documented,
      this.#options.hidden ?? new Set(),
      taken,
      this.#report,
    );
    const { isPublished } = this.#options;
    return isPublished === undefined ? operations : operations.filter(({ service }) => isPublished(service, [service]));
  }

  #hooks(webhooks: readonly Webhook[], names: Names): JsonObject {
    const owners = Map.groupBy(webhooks, ({ name }) => name);
    const written = webhooks.map(({ source, name, value }) => {
      const isShared = (owners.get(name)?.length ?? 0) > 1;
      const next = isShared ? `${nameOf(source.service)}_${name}` : name;
      if (isShared) {
        const message = `the webhook ${name} is ${next}, for others have one too`;
        this.#report.add({ kind: "webhook-renamed", service: source.service, message });
      }
      return [next, this.#writer(source, names)(value, "pathItem")] as const;
    });
    return Object.fromEntries(written.sort(([a], [b]) => order(a, b)));
  }

  /** One for each: it knows what of its document extends what. */
  #writer(source: Source, names: Names): ReturnType<typeof createWriter> {
    const writer = this.#writers.get(source) ?? createWriter(source, names, this.#report);
    this.#writers.set(source, writer);
    return writer;
  }

  /** One for each name: those that share one mean the same. */
  #components(owned: readonly Owned[], components: Names["components"], names: Names): Draft {
    const sections: Draft = {};
    for (const section of Object.keys(SECTIONS) as Section[]) {
      const written = new Map<string, Json>();
      for (const { source, component } of owned) {
        const name = components.get(component);
        if (component.section !== section || name === undefined || written.has(name)) continue;
        const value = this.#writer(source, names)(component.value, SECTIONS[section]);
        // Nothing refers to a link that leads nowhere any more.
        if (section === "links" && (textAt(value, "operationId") ?? textAt(value, "operationRef")) === undefined)
          continue;
        written.set(name, value);
      }
      if (written.size > 0) sections[section] = Object.fromEntries([...written].sort(([a], [b]) => order(a, b)));
    }
    return sections;
  }
}

interface Webhook {
  readonly source: Source;
  readonly name: string;
  readonly value: JsonObject;
}

function namesOf(
  placed: readonly PlacedOperation[],
  ids: ReadonlyMap<PlacedOperation, string>,
  components: Names["components"],
): Names {
  const byPointer = new Map<string, { readonly id: string; readonly pointer: string }>();
  const byId = new Map<string, string>();
  const used = new Set(ids.values());
  const names = new FreeNames((id) => used.has(id));
  for (const one of placed) {
    const { source, pointer, value, method } = one.operation;
    const id = ids.get(one) ?? "";
    const at = `/paths/${pointerToken(one.path)}/${method.toLowerCase()}`;
    if (!byPointer.has(`${source.service} ${pointer}`))
      byPointer.set(`${source.service} ${pointer}`, { id, pointer: at });
    const own = textAt(value, "operationId");
    if (own !== undefined && !byId.has(`${source.service} ${own}`)) byId.set(`${source.service} ${own}`, pointer);
  }
  return {
    components,
    operationAt: ({ service }, pointer) => byPointer.get(`${service} ${pointer}`),
    pointerOf: ({ service }, id) => byId.get(`${service} ${id}`),
    freshId({ service }, wanted) {
      const id = used.has(wanted) ? names.free(`${nameOf(service)}_${wanted}`) : wanted;
      used.add(id);
      return id;
    },
  };
}

/** Where something refers to what is not there, something is there that says so. */
function addUnknown(paths: JsonObject, webhooks: JsonObject, components: Draft): void {
  const text = JSON.stringify([paths, webhooks, components]);
  for (const section of Object.keys(SECTIONS) as Section[]) {
    if (!text.includes(`"#/components/${section}/${UNKNOWN}"`)) continue;
    components[section] = { ...objectAt(components, section), [UNKNOWN]: unknownComponent(section) };
  }
}
