import type { RouteConfig } from "../../config/schema.ts";
import type { JsonObject } from "../json.ts";
import type { Report } from "../report.ts";
import { parametersOf } from "../samples.ts";
import { nameOf } from "./names.ts";
import { shapeOf } from "./place.ts";
import type { Projector, RouteEntry } from "./project.ts";
import { servicesOf } from "./project.ts";

/** An operation of a route to a service that has no document. */
export interface UndocumentedOperation {
  readonly route: RouteEntry;
  readonly service: string;
  readonly path: string;
  readonly method: string;
  readonly value: JsonObject;
}

/** What a route takes that names no methods. */
const USUAL = ["GET", "PUT", "POST", "DELETE", "PATCH"];

/** Operations for the routes to services without a document: that they are there, and no more. */
export function undocumentedOperations(
  { routes }: Projector,
  documented: ReadonlySet<string>,
  hidden: ReadonlySet<string>,
  taken: ReadonlySet<string>,
  report: Report,
): readonly UndocumentedOperation[] {
  const used = new Set(taken);
  return routes.flatMap((route) => {
    const service = servicesOf(route.config).find((name) => !documented.has(name) && !hidden.has(name));
    if (service === undefined) return [];
    const path = templateOf(route);
    if (path === undefined) {
      const message = `the route ${route.config.name ?? route.config.path} is a regular expression, and its service has no document`;
      report.add({ kind: "route-without-document", service, message });
      return [];
    }
    report.add({ kind: "route-without-document", service, message: `${path} is documented by its route alone` });
    return methodsOf(route.config).flatMap((method) => {
      const key = `${method} ${shapeOf(path)}`;
      if (used.has(key)) return [];
      used.add(key);
      return [{ route, service, path, method, value: operationOf(service, method, path, route) }];
    });
  });
}

function methodsOf({ methods }: RouteConfig): readonly string[] {
  return methods ?? USUAL;
}

/** The path of a route as OpenAPI writes it; the rest of a prefix is a parameter, though it may have slashes. */
function templateOf({ pattern }: RouteEntry): string | undefined {
  if (pattern.kind === "regex") return undefined;
  const segments = pattern.segments.map((segment) => (segment.kind === "literal" ? segment.text : `{${segment.name}}`));
  return `/${[...segments, ...(pattern.kind === "prefix" ? ["{path}"] : [])].join("/")}`;
}

function operationOf(service: string, method: string, path: string, { pattern }: RouteEntry): JsonObject {
  const parameters = parametersOf(path).map((name) => ({
    name,
    in: "path",
    required: true,
    ...(name === "path" && pattern.kind === "prefix" && { description: "The rest of the path; it may have slashes." }),
    schema: { type: "string" },
  }));
  return {
    operationId: `${nameOf(service)}_${method.toLowerCase()}${path.replace(/[^A-Za-z0-9]+/g, "_").replace(/_$/, "")}`,
    tags: [service],
    summary: `${method} ${path}`,
    description: `The service ${service} has no document: what it answers is not described.`,
    ...(parameters.length > 0 && { parameters }),
    responses: { default: { description: "What the service answers." } },
  };
}
