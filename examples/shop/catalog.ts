import { type AnyElysia, t } from "elysia";
import { Collection } from "./collection.ts";
import { missing } from "./problem.ts";
import { portFrom, startService } from "./serve.ts";
import { ById, createService, Paging } from "./service.ts";
import { jsonLines } from "./stream.ts";

const Category = t.Union([t.Literal("books"), t.Literal("tools"), t.Literal("music")]);
const values = {
  name: t.String({ minLength: 1, maxLength: 100 }),
  category: Category,
  priceCents: t.Integer({ minimum: 0, maximum: 100_000_000 }),
};
const NewProduct = t.Object(values);
const Product = t.Object({ id: t.Integer(), ...values });
const ProductPage = t.Object({ items: t.Array(Product), page: t.Integer(), size: t.Integer(), total: t.Integer() });

type Product = typeof Product.static;

/** The catalog service: what the shop sells. */
export function createCatalog(): AnyElysia {
  const products = new Collection<Product>(GOODS, (id, product) => ({ id, ...product }));

  return createService({ name: "catalog", title: "Catalog", description: "What the shop sells." })
    .model({ Product, NewProduct, ProductPage })
    .get("/catalog", ({ query }) => products.list(query.page, query.size, isIn(query.category)), {
      query: t.Object({ ...Paging, category: t.Optional(Category) }),
      response: "ProductPage",
      detail: { summary: "Lists products", operationId: "listProducts" },
    })
    .get("/catalog/export", ({ query }) => jsonLines(query.count, exportedProduct), {
      query: t.Object({ count: t.Integer({ minimum: 0, maximum: 10_000_000, default: 100_000 }) }),
      detail: { summary: "Streams a long list of products, one JSON value a line", operationId: "exportProducts" },
    })
    .get("/catalog/:id", ({ params }) => products.get(params.id) ?? missing("product", params.id), {
      params: ById,
      response: { 200: "Product", 404: "Problem" },
      detail: { summary: "Shows one product", operationId: "getProduct" },
    })
    .post(
      "/catalog",
      ({ body, set }) => {
        const product = products.add((id) => ({ id, ...body }));
        set.status = 201;
        set.headers.location = `catalog/${product.id}`;
        return product;
      },
      {
        body: "NewProduct",
        response: { 201: "Product", 422: "Problem" },
        detail: { summary: "Adds a product", operationId: "createProduct" },
      },
    )
    .put(
      "/catalog/:id",
      ({ params, body }) => {
        const product = products.get(params.id) ?? missing("product", params.id);
        return products.replace({ id: product.id, ...body });
      },
      {
        params: ById,
        body: "NewProduct",
        response: { 200: "Product", 404: "Problem", 422: "Problem" },
        detail: { summary: "Replaces a product", operationId: "replaceProduct" },
      },
    );
}

const GOODS: readonly Omit<Product, "id">[] = [
  { name: "The Art of Gates", category: "books", priceCents: 3_900 },
  { name: "Pipe Wrench", category: "tools", priceCents: 2_450 },
  { name: "Water Music", category: "music", priceCents: 1_200 },
  { name: "Spirit Level", category: "tools", priceCents: 1_850 },
];

function exportedProduct(index: number): Product {
  return { id: index + 1, name: `Product ${index + 1}`, category: "tools", priceCents: 100 + (index % 900) };
}

function isIn(category: Product["category"] | undefined): (product: Product) => boolean {
  return (product) => category === undefined || product.category === category;
}

if (import.meta.main) {
  const service = startService(createCatalog(), portFrom("CATALOG_PORT", 4002));
  console.log(`catalog: ${service.url}`);
}
