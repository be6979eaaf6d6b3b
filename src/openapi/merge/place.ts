import type { RouteConfig } from "../../config/schema.ts";
import type { SourceOperation } from "../operations.ts";
import type { Report } from "../report.ts";
import { parametersOf, samplesOf } from "../samples.ts";
import { order } from "./names.ts";
import { type Place, type Projector, servicesOf } from "./project.ts";

/** An operation where clients find it. */
export interface PlacedOperation {
  readonly operation: SourceOperation;
  readonly place: Place;
  /** The path with the names of parameters that all operations of this path share. */
  readonly path: string;
  /** By their names in the service's document, where they have other ones now. */
  readonly renamed: ReadonlyMap<string, string>;
}

/** Finds the places of operations. What is nowhere, or where another one is already, is left out and reported. */
export function placeOperations(
  operations: readonly SourceOperation[],
  projector: Projector,
  report: Report,
): readonly PlacedOperation[] {
  const found = operations.flatMap((operation) =>
    placesOf(operation, projector, report).map((place) => ({ operation, place })),
  );
  const winners = withoutClashes(found, report);
  const spellings = spellingOf(winners.map(({ place }) => place.path));
  return winners.map(({ operation, place }) => {
    const path = spellings.get(shapeOf(place.path)) ?? place.path;
    const names = parametersOf(path);
    const renamed = parametersOf(place.path).flatMap((name, i) => {
      const next = names[i];
      return next === undefined || next === name ? [] : [[name, next] as const];
    });
    return { operation, place, path, renamed: new Map(renamed) };
  });
}

function placesOf(operation: SourceOperation, projector: Projector, report: Report): readonly Place[] {
  const { source, path, method, basePath, pointer } = operation;
  const samples = samplesOf(operation);
  const places = projector.places(source.service, method, basePath + path, samples);
  if (places.length > 0) return places;
  // The server of a document may be what its authors take for the public one.
  const bare = basePath === "" ? [] : projector.places(source.service, method, path, samples);
  const message =
    bare.length > 0
      ? `no route leads to ${method} ${basePath}${path}, but one does without ${basePath}: servers is taken for the public one`
      : `no route leads to ${method} ${basePath}${path}`;
  report.add({ kind: bare.length > 0 ? "note" : "operation-dropped", service: source.service, pointer, message });
  return bare;
}

interface Candidate {
  readonly operation: SourceOperation;
  readonly place: Place;
}

/** Of several operations at one path with one method the one that most requests reach is documented. */
function withoutClashes(found: readonly Candidate[], report: Report): readonly Candidate[] {
  const byKey = Map.groupBy(found, ({ operation, place }) => `${operation.method} ${shapeOf(place.path)}`);
  return [...byKey.values()].flatMap((candidates) => {
    const [winner, ...others] = candidates.toSorted(precedence);
    if (winner === undefined) return [];
    for (const { operation, place } of others) {
      if (operation === winner.operation) continue;
      const { method, pointer, source } = operation;
      const message = `${method} ${place.path} is documented by ${winner.operation.source.service}`;
      report.add({ kind: "operation-clash", service: source.service, pointer, message });
    }
    return [winner];
  });
}

/** The route with fewer conditions first, then the service with the greater share, then the order of the configuration. */
function precedence(a: Candidate, b: Candidate): number {
  return (
    conditionsOf(a.place.route.config) - conditionsOf(b.place.route.config) ||
    a.place.route.index - b.place.route.index ||
    rankOf(a) - rankOf(b) ||
    order(a.operation.source.service, b.operation.source.service) ||
    order(a.operation.pointer, b.operation.pointer)
  );
}

function conditionsOf({ host, headers = {}, query = {} }: RouteConfig): number {
  return Object.keys(headers).length + Object.keys(query).length + (host === undefined ? 0 : 1);
}

function rankOf({ operation, place }: Candidate): number {
  return servicesOf(place.route.config).indexOf(operation.source.service);
}

/** Paths whose parameters differ in their names alone are one (OpenAPI 3.1 §4.8.8.2). */
export function shapeOf(path: string): string {
  return path.replace(/\{[^{}]*\}/g, "{}");
}

/** For each shape the spelling that most have; of equals the first by the alphabet. */
function spellingOf(paths: readonly string[]): ReadonlyMap<string, string> {
  const counts = new Map<string, number>();
  for (const path of paths) counts.set(path, (counts.get(path) ?? 0) + 1);
  const spellings = new Map<string, string>();
  for (const [path, count] of [...counts].sort(([a], [b]) => order(a, b))) {
    const best = spellings.get(shapeOf(path));
    if (best === undefined || count > (counts.get(best) ?? 0)) spellings.set(shapeOf(path), path);
  }
  return spellings;
}
