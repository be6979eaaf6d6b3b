import type { RouteConfig } from "../../config/schema.ts";
import { isObject, type Json, type JsonObject } from "../json.ts";
import { operationsOf } from "../operations.ts";
import { isReserved, PolicyWriter } from "../policy/apply-policy.ts";
import { NO_POLICY, type Policy, type PolicyOf } from "../policy/policy.ts";
import { Report, type ReportLine } from "../report.ts";
import { Source } from "../source.ts";
import { upgraded } from "../upgrade.ts";
import { addUnknown, writeComponents } from "./components.ts";
import type { Owned } from "./identity.ts";
import { nameComponents, order } from "./names.ts";
import { nameOperations } from "./operation-ids.ts";
import { ownPart } from "./own-part.ts";
import { PathItems } from "./path-items.ts";
import { type PlacedOperation, placeOperations, shapeOf } from "./place.ts";
import { createProjector, type Projector, type RouteEntry, servicesOf } from "./project.ts";
import { reachable } from "./reach.ts";
import { referenceNames } from "./reference-names.ts";
import { rootObject } from "./root-object.ts";
import { nameTags } from "./tags.ts";
import { undocumentedOperations } from "./undocumented.ts";
import { type Webhook, webhooksOf, writeWebhooks } from "./webhooks.ts";
import { createWriters } from "./writer.ts";

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
  const { policyOf = () => NO_POLICY, isPublished = () => true, hidden = new Set() } = options;
  const report = new Report();

  // What there is, where clients find it, and which of it is for them.
  const sources = sourcesOf(inputs, report);
  const projector = createProjector(options.routes);
  const operations = sources.flatMap((source) => operationsOf(source, report));
  const everywhere = placeOperations(operations, projector, report);
  const tags = nameTags(everywhere, report);
  const placed = everywhere.filter((one) => isPublished(one.operation.source.service, tags.of(one)));
  const webhooks = options.isPublished === undefined ? sources.flatMap(webhooksOf) : [];
  const policyFor = ({ operation, place }: PlacedOperation) =>
    policyOf(place.route, operation.source.service, operation.method);
  const owned = sources.flatMap((source) => neededComponents(source, placed, webhooks, policyFor));

  // What everything is called from now on.
  const componentNames = nameComponents(owned, report, isReserved(allPolicies(projector, policyOf)));
  const ids = nameOperations(placed, report);
  const writerOf = createWriters(referenceNames(placed, ids, componentNames), report);

  // All of it, written under these names.
  const components = writeComponents(owned, componentNames, writerOf);
  const policies = new PolicyWriter();
  const items = new PathItems();
  const add = (path: string, method: string, service: string, route: RouteEntry, value: JsonObject) => {
    items.add(path, method, service, policies.write(value, policyOf(route, service, method), route, components));
  };
  for (const one of placed) {
    const { source, method } = one.operation;
    const value = writerOf(source)(ownPart(one, policyFor(one)), "operation");
    if (!isObject(value)) continue;
    const named = { ...value, operationId: ids.get(one) ?? "", tags: tags.of(one) };
    add(one.path, method, source.service, one.place.route, named);
  }
  const documented = new Set(sources.map(({ service }) => service));
  const taken = new Set(placed.map(({ path, operation }) => `${operation.method} ${shapeOf(path)}`));
  for (const one of undocumentedOperations(projector, documented, hidden, taken, report)) {
    if (isPublished(one.service, [one.service])) add(one.path, one.method, one.service, one.route, one.value);
  }
  const hooks = writeWebhooks(webhooks, writerOf, report);
  const { paths, counts } = items;
  policies.complete(components);
  addUnknown(paths, hooks, components);
  const document = rootObject(options, sources, { tags, paths, webhooks: hooks, components });
  return { document, operations: counts, lines: report.lines };
}

function sourcesOf(inputs: readonly MergeInput[], report: Report): readonly Source[] {
  const sorted = inputs.toSorted((a, b) => order(a.service, b.service));
  return sorted.flatMap(({ service, document }) => {
    try {
      return [new Source(service, upgraded(document))];
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      report.add({ kind: "document-failed", service, message });
      return [];
    }
  });
}

/** The components of a document that what is published of it refers to. */
function neededComponents(
  source: Source,
  placed: readonly PlacedOperation[],
  webhooks: readonly Webhook[],
  policyFor: (one: PlacedOperation) => Policy,
): readonly Owned[] {
  const operations = placed.filter(({ operation }) => operation.source === source);
  const hooks = webhooks.filter((hook) => hook.source === source);
  return reachable(source, [
    ...operations.map((one) => ({ value: ownPart(one, policyFor(one)), kind: "operation" as const })),
    ...hooks.map(({ value }) => ({ value, kind: "pathItem" as const })),
  ]);
}

/** All that there may be. */
function allPolicies({ routes }: Projector, policyOf: PolicyOf): readonly Policy[] {
  return routes.flatMap((route) =>
    servicesOf(route.config).flatMap((service) => ["GET", "POST"].map((method) => policyOf(route, service, method))),
  );
}
