import { afterAll, beforeAll, expect, test } from "bun:test";
import fc from "fast-check";
import { createCatalog } from "../../examples/shop/catalog.ts";
import { createOrders } from "../../examples/shop/orders.ts";
import { createUsers } from "../../examples/shop/users.ts";
import { OperationTable } from "../../src/openapi/operation-table.ts";
import { operationsOf, type SourceOperation } from "../../src/openapi/operations.ts";
import { Report } from "../../src/openapi/report.ts";
import { upgraded } from "../../src/openapi/upgrade.ts";
import { type ErrorDetail, isObject, type Json, type JsonObject, listAt, objectAt, textAt } from "../../src/plugin.ts";
import { testedService } from "../examples/service.ts";
import { breakagesOf, valuesOf } from "../support/from-schema.ts";
import { type InProcessGateway, startInProcess } from "../support/in-process.ts";
import { replies, response } from "../support/scripts.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";

/*
 * The documents of the demo's services as they are, and requests made from their schemas, over sockets: what is valid arrives at the
 * service, what is broken in one place is refused, and that place is named.
 */
const SERVICES = { users: createUsers, catalog: createCatalog, orders: createOrders };
const RUNS = 1_000;

const cleanup = new AsyncDisposableStack();
let gateway: InProcessGateway;
let upstream: Upstream;
const operations: SourceOperation[] = [];

beforeAll(async () => {
  upstream = cleanup.use(startUpstream(replies(response("ok"))));
  const names = Object.keys(SERVICES);
  gateway = cleanup.use(
    await startInProcess(`
plugins: { validate: {} }
services: { ${names.map((name) => `${name}: { targets: ["${upstream.url}"] }`).join(", ")} }
routes: [${names.map((name) => `{ path: /api/${name}/*, service: ${name}, strip-prefix: /api }`).join(", ")}]
`),
  );
  for (const [name, create] of Object.entries(SERVICES)) {
    await using service = testedService(create());
    const document = upgraded((await (await service.get("/openapi.json")).json()) as Json);
    gateway.documents.put(name, document);
    const { source } = new OperationTable(name, document);
    operations.push(...operationsOf(source, new Report()).filter(({ path }) => path.startsWith(`/${name}`)));
  }
});

afterAll(() => cleanup.disposeAsync());

/** Values for everything that an operation takes. */
interface Made {
  readonly operation: SourceOperation;
  readonly parameters: Readonly<Record<string, Json>>;
  readonly body: Json | undefined;
}

const parametersOf = ({ value, source }: SourceOperation): readonly JsonObject[] =>
  listAt(value, "parameters").flatMap((written): readonly JsonObject[] => {
    const parameter = source.resolve(written, "parameter");
    return parameter === undefined ? [] : [parameter];
  });

function bodySchemaOf({ value, source }: SourceOperation): Json | undefined {
  const body = source.resolve(value.requestBody, "requestBody");
  const json = objectAt(body, "content")?.["application/json"];
  return isObject(json) ? json.schema : undefined;
}

const valid = (): fc.Arbitrary<Made> =>
  fc.constantFrom(...operations).chain((operation) => {
    const model = Object.fromEntries(
      parametersOf(operation).map(({ name, schema = true }) => [String(name), valuesOf(schema, operation.source)]),
    );
    const schema = bodySchemaOf(operation);
    const body = schema === undefined ? fc.constant(undefined) : valuesOf(schema, operation.source);
    return fc.record({ operation: fc.constant(operation), parameters: fc.record(model), body });
  });

async function send({ operation, parameters, body }: Made) {
  let path = operation.path;
  const query = new URLSearchParams();
  for (const parameter of parametersOf(operation)) {
    const name = textAt(parameter, "name") ?? "";
    if (!(name in parameters)) continue;
    if (parameter.in === "path") path = path.replace(`{${name}}`, encodeURIComponent(String(parameters[name])));
    else query.set(name, String(parameters[name]));
  }
  const reply = await fetch(`http://127.0.0.1:${gateway.port}/api${path}?${query}`, {
    method: operation.method,
    ...(body !== undefined && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });
  const text = await reply.text();
  return {
    status: reply.status,
    errors: reply.status === 422 ? (JSON.parse(text) as { errors: ErrorDetail[] }).errors : [],
  };
}

test(`${RUNS} requests that are as documented arrive`, async () => {
  const before = upstream.requests.length;
  await fc.assert(
    fc.asyncProperty(valid(), async (made) => {
      expect(await send(made)).toEqual({ status: 200, errors: [] });
    }),
    { numRuns: RUNS, endOnFailure: true },
  );
  expect(upstream.requests.length - before).toBe(RUNS);
}, 60_000);

/** A request that is broken in one place, and what names that place: a parameter or a pointer into the body. */
const invalid = () =>
  valid()
    .filter(({ operation, body }) => body !== undefined || parametersOf(operation).some(isBreakable))
    .chain((made) => {
      const { operation, parameters, body } = made;
      const wrongParameters = parametersOf(operation)
        .filter(isBreakable)
        .map(({ name }) => ({
          place: String(name),
          made: { ...made, parameters: { ...parameters, [String(name)]: "1x" } },
        }));
      const schema = bodySchemaOf(operation);
      const wrongBodies =
        schema === undefined || body === undefined
          ? []
          : breakagesOf(body, schema, operation.source).map(({ pointer, broken }) => ({
              place: pointer,
              made: { ...made, body: broken },
            }));
      return fc.constantFrom(...wrongParameters, ...wrongBodies);
    });

/** Any text is a text. */
function isBreakable({ schema }: JsonObject): boolean {
  return textAt(schema, "type") !== "string" || (isObject(schema) && schema.enum !== undefined);
}

test(`${RUNS} requests that are not are refused, and the place is named`, async () => {
  const before = upstream.requests.length;
  await fc.assert(
    fc.asyncProperty(invalid(), async ({ place, made }) => {
      const { status, errors } = await send(made);
      expect(status).toBe(422);
      expect(errors.map(({ parameter, pointer }) => parameter ?? pointer)).toContain(place);
    }),
    { numRuns: RUNS, endOnFailure: true },
  );
  expect(upstream.requests.length).toBe(before);
}, 60_000);
