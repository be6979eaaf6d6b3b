import validate from "../../plugins/validate/index.ts";
import { awaitable } from "../../src/message/pending.ts";
import { composePipeline, type Pipeline } from "../../src/pipeline.ts";
import { type Context, type JsonObject, Reply } from "../../src/plugin.ts";
import { type TestRequest, testPlugin } from "../../src/testing.ts";

/** Measures what the validate plugin costs a request that is as documented: `bun test/bench/validate.ts`. */

const ROUNDS = 9;
const ORDER = {
  type: "object",
  required: ["userId", "items"],
  properties: {
    userId: { type: "integer", minimum: 1 },
    items: {
      type: "array",
      minItems: 1,
      items: {
        type: "object",
        required: ["productId", "quantity"],
        properties: {
          productId: { type: "integer", minimum: 1 },
          quantity: { type: "integer", minimum: 1, maximum: 1_000 },
        },
      },
    },
  },
} as const;
const integer = (name: string, where: string) => ({
  name,
  in: where,
  required: where === "path",
  schema: { type: "integer" },
});
const bodies = {
  "application/json": { schema: ORDER },
  "application/x-www-form-urlencoded": {
    schema: { type: "object", properties: { a: { type: "integer" }, b: { type: "string" } } },
  },
};
const DOCUMENT: JsonObject = {
  openapi: "3.1.0",
  info: { title: "Orders", version: "1" },
  paths: {
    "/orders/{id}": { get: { parameters: [integer("id", "path")], responses: { 200: { description: "ok" } } } },
    "/orders": {
      get: {
        parameters: ["page", "size", "user", "status"].map((name) => integer(name, "query")),
        responses: { 200: { description: "ok" } },
      },
      post: { requestBody: { required: true, content: bodies }, responses: { 200: { description: "ok" } } },
    },
  },
};

const order = (items: number) =>
  JSON.stringify({ userId: 7, items: Array.from({ length: items }, (_, i) => ({ productId: i + 1, quantity: 3 })) });
const post = (body: string, type = "application/json"): TestRequest => ({
  method: "POST",
  path: "/orders",
  headers: { "content-type": type },
  body,
});
const CASES: readonly (readonly [name: string, requests: number, request: TestRequest])[] = [
  ["a path with one parameter", 50_000, { path: "/orders/123" }],
  ["a query with four", 50_000, { path: "/orders?page=1&size=20&user=7&status=3" }],
  [`JSON of ${order(1).length} bytes`, 50_000, post(order(1))],
  [`JSON of ${order(30).length} bytes`, 10_000, post(order(30))],
  [`JSON of ${order(3_000).length} bytes`, 200, post(order(3_000))],
  ["a form with two fields", 50_000, post("a=1&b=two", "application/x-www-form-urlencoded")],
];

const REPLY = new Reply(200);
const pipelineOf = (...plugins: Parameters<typeof composePipeline>[0]) =>
  composePipeline(plugins, { select: () => undefined, send: () => REPLY }, "problem");

/** Microseconds a request; the least of the rounds, as noise only ever adds. */
async function measure({ handle }: Pipeline, context: () => Context, requests: number): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const contexts = Array.from({ length: requests }, context);
    const started = Bun.nanoseconds();
    for (const ctx of contexts) await awaitable(handle(ctx));
    least = Math.min(least, (Bun.nanoseconds() - started) / requests / 1_000);
  }
  return least;
}

const t = await testPlugin(validate, {}, { document: DOCUMENT });
console.log("µs a request beyond one without the plugin");
for (const [name, requests, request] of CASES) {
  const context = () => t.context(request);
  const first = await pipelineOf(t.phases).handle(context());
  if (!(first instanceof Reply)) throw new Error("no reply");
  const alone = await measure(pipelineOf(), context, requests);
  const beyond = (await measure(pipelineOf(t.phases), context, requests)) - alone;
  console.log(name.padEnd(30), beyond.toFixed(2));
}
