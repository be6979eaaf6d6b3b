import { expect, test } from "bun:test";
import { bothResponses, ownResponse } from "../../../src/openapi/policy/both.ts";

const ours = {
  description: "Ours.",
  headers: { "Retry-After": { description: "Wait.", schema: { type: "integer" }, required: true } },
  content: { "application/problem+json": { schema: { $ref: "#/components/schemas/GatewayProblem" } } },
};

test("two media types stand beside each other, and headers of one are no longer certain", () => {
  const own = { description: "Own.", content: { "application/json": { schema: { type: "object" } } } };
  expect(bothResponses(own, ours)).toEqual({
    description: "Own.\n\nOurs.",
    headers: { "Retry-After": { description: "Wait.", schema: { type: "integer" } } },
    content: { ...ours.content, ...own.content },
  });
});

test("one media type lets both through, and keeps what the service says of it", () => {
  const own = {
    description: "Own.",
    content: { "application/problem+json": { schema: { type: "object" }, example: {} } },
    links: { next: {} },
  };
  const both = bothResponses(own, ours);
  expect(both.content).toEqual({
    "application/problem+json": {
      schema: { anyOf: [{ type: "object" }, { $ref: "#/components/schemas/GatewayProblem" }] },
      example: {},
    },
  });
  expect(both.links).toEqual({ next: {} });
});

test("a service's response without a body has one of the gateway's, and a media type without a schema takes anything", () => {
  expect(bothResponses({ description: "Own." }, ours).content).toEqual(ours.content);
  const own = { description: "Own.", content: { "application/problem+json": { example: {} } } };
  expect(bothResponses(own, ours).content).toEqual(own.content);
});

test("neither of the two is changed", () => {
  const own = { description: "Own.", headers: { A: { required: true } } };
  const before = structuredClone([own, ours]);
  bothResponses(own, ours);
  expect([own, ours]).toEqual(before as [typeof own, typeof ours]);
});

test("a service speaks of a status by itself, by its class or by default, also by a reference", () => {
  const of = (responses: Parameters<typeof ownResponse>[0], components = {}) =>
    ownResponse(responses, "401", components);
  const withBody = { description: "Any.", content: { "application/json": {} } };
  expect(of({ 401: { description: "a" }, "4XX": withBody })).toEqual({ description: "a" });
  expect(of({ "4XX": withBody, default: { description: "d" } })).toEqual(withBody);
  expect(of({ default: withBody })).toEqual(withBody);
  expect(of({ default: { description: "d" } })).toBeUndefined();
  const reference = { $ref: "#/components/responses/a~1b" };
  expect(of({ default: reference }, { responses: { "a/b": withBody } })).toEqual(withBody);
  expect(of({ 401: { $ref: "#/components/responses/gone" } }, { responses: {} })).toBeUndefined();
});
