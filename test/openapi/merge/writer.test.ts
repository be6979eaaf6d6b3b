import { expect, test } from "bun:test";
import { documentOf, merge, operationAt } from "../support.ts";

test("a response has a description, and no keys that mean nothing there", () => {
  const responses = {
    200: { type: "array", items: { type: "string" }, "x-own": 1, content: { "application/json": { schema: {} } } },
    404: { description: "None." },
  };
  expect(operationAt(merge({ a: documentOf({ "/b": { get: { responses } } }) }), "/a/b").responses).toEqual({
    200: { description: "", "x-own": 1, content: { "application/json": { schema: {} } } },
    404: { description: "None." },
  });
});

test("a pointer is no identifier of a schema; a URL is, and so is a property of that name", () => {
  const schema = (id: string) => ({ $id: id, type: "object", properties: { $id: { type: "string" } } });
  const written = (id: string) => {
    const responses = { 200: { description: "", content: { "application/json": { schema: schema(id) } } } };
    const { responses: found } = operationAt(merge({ a: documentOf({ "/b": { get: { responses } } }) }), "/a/b");
    return (found as typeof responses)[200].content["application/json"].schema;
  };
  const { $id: _, ...rest } = schema("");
  expect(written("#/components/schemas/User")).toEqual(rest as ReturnType<typeof schema>);
  expect(written("https://example.com/user")).toEqual(schema("https://example.com/user"));
});
