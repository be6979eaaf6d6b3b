import { expect, test } from "bun:test";
import { objectAt } from "../../src/openapi/json.ts";
import { testDocument } from "../support/document.ts";
import { readPage } from "./pages.ts";

const { text } = readPage("docs/openapi-policies.md");

test("the page's example makes what the page says", async () => {
  const [, yaml = ""] = /^```yaml\n(.*?)^```$/ms.exec(text) ?? [];
  const { operation, document, problems } = await testDocument(yaml);
  expect(await problems()).toBeUndefined();
  const { responses, ...rest } = operation("/orders/{path}", "GET");
  const { default: _, ...statuses } = responses;
  expect(text).toContain(
    `names ${Object.keys(statuses)
      .join(", ")
      .replace(/, (\d+)$/, " and $1")} among its responses`,
  );
  expect(rest).toMatchObject({
    deprecated: true,
    security: [{ "api-key": ["orders:read"] }],
    "x-ratelimit": [{ limit: 100 }],
    "x-sunset": "2026-12-31",
    description: expect.stringContaining("At most 100 requests in 1 minute for each client address."),
  });
  expect(objectAt(document.components, "schemas")).toHaveProperty("GatewayProblem");
});
