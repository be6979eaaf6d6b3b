import { afterAll, beforeAll, expect, test } from "bun:test";
import { createCatalog } from "../../examples/shop/catalog.ts";
import { makeKeys } from "../../examples/shop/keys.ts";
import { createOrders } from "../../examples/shop/orders.ts";
import { createUsers } from "../../examples/shop/users.ts";
import { testedService } from "../examples/service.ts";
import { type GatewayProcess, startGateway } from "../support/gateway.ts";
import { type OpenApiClient, openApiClient } from "../support/openapi-client.ts";
import { untilStates } from "../support/published.ts";

/*
 * The demo with its own gateway.yaml, and a client made from the document that it publishes: what the types allow works through the
 * gateway, what would not is no valid program.
 */
const cleanup = new AsyncDisposableStack();
const keys = makeKeys();
let gateway: GatewayProcess;
let client: OpenApiClient;

const BEGINNING = `
import createClient from "openapi-fetch";
import type { paths } from "./api.ts";

const [baseUrl = "", token = ""] = process.argv.slice(2);
const api = createClient<paths>({ baseUrl });
`;

beforeAll(async () => {
  const urlOf = (service: ReturnType<typeof testedService>) => cleanup.use(service).url;
  gateway = cleanup.use(
    await startGateway(await Bun.file(new URL("../../gateway.yaml", import.meta.url)).text(), {
      env: {
        PORT: "0",
        ADMIN_PORT: "0",
        JWT_PUBLIC_KEY: keys.publicKey,
        USERS_URL: urlOf(testedService(createUsers())),
        CATALOG_URL: urlOf(testedService(createCatalog())),
        ORDERS_URL: urlOf(testedService(createOrders())),
      },
    }),
  );
  await untilStates(gateway, { users: "fresh", catalog: "fresh", orders: "fresh" });
  client = cleanup.use(
    await openApiClient(await (await fetch(`http://127.0.0.1:${gateway.port}/openapi.json`)).text()),
  );
}, 60_000);

afterAll(() => cleanup.disposeAsync());

test("a generated client calls every service through the gateway, and knows the gateway's own refusals", async () => {
  await client.write(
    "client.ts",
    `${BEGINNING}
const made = await api.POST("/api/catalog", { body: { name: "Sluice Key", category: "tools", priceCents: 1_500 } });
const id: string | number = made.data?.id ?? 0;
const product = await api.GET("/api/catalog/{id}", { params: { path: { id } } });
const users = await api.GET("/api/users", { params: { query: { page: 2, size: 1 } } });
const names: readonly string[] | undefined = users.data?.items.map((user) => user.name);
const missing = await api.GET("/api/users/{id}", { params: { path: { id: 999 } } });
const order = await api.PATCH("/api/orders/{id}", { params: { path: { id: 2 } }, body: { status: "shipped" } });
const refused = await api.GET("/api/private/orders/{id}", { params: { path: { id: 1 } } });
const code: string | undefined = refused.error !== undefined && "code" in refused.error ? refused.error.code : undefined;
const known = await api.GET("/api/private/orders/{id}", {
  params: { path: { id: 1 } },
  headers: { authorization: \`Bearer \${token}\` },
});
console.log(
  JSON.stringify({
    product: product.data?.name,
    names,
    missing: missing.response.status,
    order: order.data?.status,
    code,
    known: known.data?.userId,
  }),
);
`,
  );
  expect((await client.check())["client.ts"]).toBeUndefined();
  const { code, output } = await client.run("client.ts", `http://127.0.0.1:${gateway.port}`, keys.token);
  expect(code, output).toBe(0);
  expect(JSON.parse(output)).toEqual({
    product: "Sluice Key",
    names: ["Alan Turing"],
    missing: 404,
    order: "shipped",
    code: "unauthenticated",
    known: 1,
  });
}, 60_000);

test("calls that the gateway would refuse are no valid programs", async () => {
  const wrong = {
    "path-of-the-service.ts": 'await api.GET("/users");',
    "no-such-method.ts": 'await api.DELETE("/api/catalog/{id}", { params: { path: { id: 1 } } });',
    // The service has it; the route does not take it.
    "method-of-the-service.ts": 'await api.PUT("/api/catalog/{id}", { params: { path: { id: 1 } } });',
    "missing-field.ts": 'await api.POST("/api/catalog", { body: { name: "Key", category: "tools" } });',
    "wrong-value.ts": 'await api.POST("/api/catalog", { body: { name: "Key", category: "food", priceCents: 1 } });',
    "missing-parameter.ts": 'await api.GET("/api/users/{id}");',
    "wrong-answer.ts": 'console.log((await api.GET("/api/users")).data?.items[0]?.surname);',
  };
  const bodies = Object.entries(wrong);
  await Promise.all(
    bodies.map(([name, body]) => client.write(name, `${BEGINNING}console.log(baseUrl, token);\n${body}\n`)),
  );
  const { "client.ts": _, ...complaints } = await client.check();
  expect(Object.keys(complaints).toSorted()).toEqual(Object.keys(wrong).toSorted());
  // Each of them in the last line, which is the call.
  const places = Object.values(complaints).flatMap((lines) => lines.map((line) => /\((\d+),/.exec(line)?.[1]));
  expect(new Set(places)).toEqual(new Set(["8"]));
}, 60_000);
