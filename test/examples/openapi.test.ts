import { expect, test } from "bun:test";
import { createCatalog } from "../../examples/shop/catalog.ts";
import { createOrders } from "../../examples/shop/orders.ts";
import { createUsers } from "../../examples/shop/users.ts";
import { testedService } from "./service.ts";

test.each([
  { title: "Users", create: createUsers, path: "/users/{id}", model: "User" },
  { title: "Catalog", create: createCatalog, path: "/catalog/{id}", model: "Product" },
  { title: "Orders", create: createOrders, path: "/orders/{id}", model: "Order" },
])("$title has an OpenAPI document of its own", async ({ title, create, path, model }) => {
  await using service = testedService(create());
  expect(await (await service.get("/openapi.json")).json()).toMatchObject({
    openapi: expect.stringMatching(/^3\./),
    info: { title, version: "1.0.0" },
    paths: { [path]: { get: { responses: { 200: {}, 404: {} } } } },
    components: { schemas: { [model]: { type: "object" } } },
  });
});
