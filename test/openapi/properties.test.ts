import { expect, test } from "bun:test";
import fc from "fast-check";
import type { RouteConfig } from "../../src/config/schema.ts";
import { HeaderList } from "../../src/message/headers.ts";
import { isObject, type Json, type JsonObject, listAt, objectAt, textAt } from "../../src/openapi/json.ts";
import type { Merged } from "../../src/openapi/merge/merge.ts";
import { basePathOf } from "../../src/openapi/operations.ts";
import { fillSamples, parametersOf } from "../../src/openapi/samples.ts";
import { compileRewrite } from "../../src/routing/rewrite.ts";
import { buildRouter } from "../../src/routing/router.ts";
import { drawnDocument, drawnDocuments, drawnRoutes, FROM } from "./drawn.ts";
import { dangling, merge, operationIds } from "./support.ts";

const RUNS = { numRuns: 500 };

test("merging is deterministic, and does not depend on the order of the services", () => {
  fc.assert(
    fc.property(drawnDocuments, drawnRoutes, (documents, routes) => {
      const merged = merge(documents, routes);
      const turned = Object.fromEntries(Object.entries(documents).toReversed());
      for (const again of [merge(structuredClone(documents), routes), merge(turned, routes)]) {
        expect(JSON.stringify(again.document)).toBe(JSON.stringify(merged.document));
        expect(again.lines).toEqual(merged.lines);
      }
    }),
    RUNS,
  );
}, 120_000);

test("a merged document behind a route that changes nothing stays as it is", () => {
  const all = [{ path: "/*", service: "all", plugins: {} }];
  fc.assert(
    fc.property(drawnDocument("all"), (document) => {
      const once = merge({ all: document }, all).document;
      const twice = merge({ all: once }, all).document;
      for (const key of ["openapi", "paths", "components", "tags", "servers"]) expect(twice[key]).toEqual(once[key]);
    }),
    RUNS,
  );
}, 120_000);

test("every reference leads somewhere, and no two operations have one id", () => {
  fc.assert(
    fc.property(drawnDocuments, drawnRoutes, (documents, routes) => {
      const { document } = merge(documents, routes);
      expect(dangling(document)).toEqual([]);
      const ids = operationIds(document);
      expect(new Set(ids).size).toBe(ids.length);
      for (const id of linkedIds(document)) expect(ids).toContain(id);
    }),
    RUNS,
  );
}, 120_000);

test("each operation is found through the router and arrives at its own path, or has a line in the report", () => {
  fc.assert(
    fc.property(drawnDocuments, drawnRoutes, (documents, routes) => {
      const merged = merge(documents, routes);
      const found = routed(merged, routes);
      for (const [service, document] of Object.entries(documents)) {
        for (const { from, method, paths } of operationsOf(document)) {
          const at = found.filter((one) => one.from === from);
          const isTold = merged.lines.some((line) => `${line.service} ${line.pointer}` === from);
          if (at.length === 0) expect({ from, isTold }).toEqual({ from, isTold: true });
          for (const one of at) {
            expect(one.method).toBe(method);
            const arrived = one.arrivals.some(
              (arrival) => arrival.services.includes(service) && paths.includes(arrival.path),
            );
            expect({ one, paths, arrived }).toEqual({ one, paths, arrived: true });
          }
        }
      }
    }),
    { numRuns: 2_000 },
  );
}, 120_000);

/** What may stand for a parameter. */
const VALUES = ["x7q1z", "1"];

const filled = (path: string, value: string) =>
  fillSamples(path, Object.fromEntries(parametersOf(path).map((name) => [name, value])));

interface Found {
  /** Where the operation is from. */
  readonly from: string;
  readonly method: string;
  /** Where the router sends requests for it. */
  readonly arrivals: readonly { readonly services: readonly string[]; readonly path: string }[];
}

/** Where requests for each operation of the merged document come out, as the gateway's router has it. */
function routed({ document }: Merged, routes: readonly RouteConfig[]): readonly Found[] {
  const router = buildRouter(
    routes.map((config) => ({ ...config, value: { config, rewrite: compileRewrite(config) } })),
  );
  return operationsAt(document).flatMap(({ path, method, operation }) => {
    const from = textAt(operation, FROM);
    if (from === undefined) return [];
    const [server] = listAt(operation, "servers");
    const host = textAt(server, "url")?.slice(2) ?? "gateway.invalid";
    const arrivals = VALUES.flatMap((value) => {
      const asked = filled(path, value);
      const match = router.match({ method, path: asked, host, query: undefined, headers: new HeaderList() });
      if (match?.kind !== "match") return [];
      const { config, rewrite } = match.value;
      const services = [config.service ?? [], (config.weighted ?? []).map(({ service }) => service)].flat();
      return [{ services, path: rewrite?.(asked, match.params) ?? asked }];
    });
    return [{ from, method, arrivals }];
  });
}

/** The operations of a service, with the paths that it may serve them at: below its server's, and as they are written. */
function operationsOf(document: JsonObject) {
  const base = basePathOf(document.servers);
  return operationsAt(document).map(({ path, method, operation }) => ({
    from: textAt(operation, FROM) ?? "",
    method,
    paths: [base + path, path].flatMap((one) => VALUES.map((value) => filled(one, value))),
  }));
}

function operationsAt(document: JsonObject) {
  return Object.entries(objectAt(document, "paths") ?? {}).flatMap(([path, item]) =>
    Object.entries(isObject(item) ? item : {}).flatMap(([key, operation]) =>
      isObject(operation) && operation.responses !== undefined ? [{ path, method: key.toUpperCase(), operation }] : [],
    ),
  );
}

/** The operations that links lead to. */
function linkedIds(value: Json): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(linkedIds);
  if (!isObject(value)) return [];
  const own = Object.values(objectAt(value, "links") ?? {}).flatMap((link) => textAt(link, "operationId") ?? []);
  return [...own, ...Object.values(value).flatMap(linkedIds)];
}
