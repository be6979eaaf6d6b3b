import { expect, test } from "bun:test";
import { credentialSchemes } from "../../src/policy/credential-policy.ts";

test.each([
  [{ header: "Authorization", scheme: "Bearer" }, { a: { type: "http", scheme: "bearer", bearerFormat: "JWT" } }],
  [{ header: "authorization", scheme: "Basic" }, { a: { type: "http", scheme: "basic" } }],
  [{ header: "authorization", scheme: "ApiKey" }, { a: { type: "http", scheme: "ApiKey" } }],
  [{ header: "authorization" }, { a: { type: "apiKey", in: "header", name: "authorization" } }],
  [
    { header: "x-key", scheme: "Key" },
    { a: { type: "apiKey", in: "header", name: "x-key", description: "After the word Key and a space." } },
  ],
  [
    { header: "x-key", cookie: "key", query: "k" },
    {
      a: { type: "apiKey", in: "header", name: "x-key" },
      "a-cookie": { type: "apiKey", in: "cookie", name: "key" },
      "a-query": { type: "apiKey", in: "query", name: "k" },
    },
  ],
] as const)("a credential in %p", (places, schemes) => {
  expect(credentialSchemes("a", places, "JWT")).toEqual(schemes as never);
});
