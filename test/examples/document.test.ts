import { expect, test } from "bun:test";
import { join } from "node:path";
import { createCatalog } from "../../examples/shop/catalog.ts";
import { createOrders } from "../../examples/shop/orders.ts";
import { createUsers } from "../../examples/shop/users.ts";
import type { Json, JsonObject } from "../../src/openapi/json.ts";
import { testDocument } from "../support/document.ts";
import { testedService } from "./service.ts";

const PROJECT = join(import.meta.dir, "../..");

test("the shop's services and its gateway.yaml make one valid document, true to its plugins", async () => {
  await using users = testedService(createUsers());
  await using catalog = testedService(createCatalog());
  await using orders = testedService(createOrders());
  const inputs = await Promise.all(
    Object.entries({ users, catalog, orders }).map(async ([service, { get }]) => ({
      service,
      document: (await (await get("/openapi.json")).json()) as Json,
    })),
  );
  const pem = join(PROJECT, "examples/shop/nobody.pem");
  const yaml = (await Bun.file(join(PROJECT, "gateway.yaml")).text()).replace("./examples/shop/nobody.pem", pem);
  const { document, lines, operation, problems } = await testDocument(yaml, inputs);
  expect(await problems()).toBeUndefined();
  expect(lines).toEqual([]);

  const guarded = operation("/api/private/orders", "GET");
  expect(guarded.security).toEqual([{ jwt: ["orders:read"] }]);
  expect(Object.keys(guarded.responses)).toEqual(expect.arrayContaining(["200", "400", "401", "403", "502"]));
  expect(operation("/api/orders", "GET").security).toBeUndefined();
  expect(Object.keys(operation("/api/orders", "GET").responses)).not.toContain("401");
  expect(Object.keys(operation("/api/users", "POST").responses)).toContain("413");

  const paths = Object.values(document.paths as Record<string, JsonObject>);
  const unsaid = paths
    .flatMap((item) => Object.values(item))
    .filter((one) => !JSON.stringify(one).includes("Gateway502"));
  expect(unsaid).toEqual([]);
});
