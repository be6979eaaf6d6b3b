import { expect, test } from "bun:test";
import { createCatalog } from "../../examples/shop/catalog.ts";
import { refusal, testedService } from "./service.ts";

test("products are listed by category", async () => {
  await using service = testedService(createCatalog());
  expect(await (await service.get("/catalog")).json()).toMatchObject({ total: 4 });
  expect(await (await service.get("/catalog?category=tools&size=1")).json()).toMatchObject({
    total: 2,
    items: [{ name: "Pipe Wrench" }],
  });
  await refusal(await service.get("/catalog?category=food"), 422);
});

test("a product is added, shown and replaced", async () => {
  await using service = testedService(createCatalog());
  const product = { name: "Sluice Key", category: "tools", priceCents: 1_500 };
  const added = await service.send("POST", "/catalog", product);
  expect(added.status).toBe(201);
  expect(added.headers.get("location")).toBe("catalog/5");
  expect(await added.json()).toEqual({ id: 5, ...product });
  expect((await service.send("PUT", "/catalog/5", { ...product, priceCents: 900 })).status).toBe(200);
  expect(await (await service.get("/catalog/5")).json()).toEqual({ id: 5, ...product, priceCents: 900 });
  expect(await refusal(await service.send("PUT", "/catalog/6", product), 404)).toBe("There is no product 6.");
  expect(await refusal(await service.send("POST", "/catalog", { ...product, priceCents: -1 }), 422)).toContain(
    "/priceCents",
  );
});

test.each([0, 1, 250])("the export has %d lines when asked for them", async (count) => {
  await using service = testedService(createCatalog());
  const text = await (await service.get(`/catalog/export?count=${count}`)).text();
  const ids = text
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line).id);
  expect(ids).toEqual(Array.from({ length: count }, (_, index) => index + 1));
});
