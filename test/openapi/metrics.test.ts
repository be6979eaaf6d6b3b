import { expect, test } from "bun:test";
import { documentFamilies } from "../../src/openapi/metrics.ts";
import type { ServiceDocumentView } from "../../src/openapi/view.ts";

test("the metrics of documents tell the state of each, since when, and its operations", () => {
  const services: readonly ServiceDocumentView[] = [
    { service: "users", state: "fresh", fetchedAt: 1_767_225_600_500, operations: 3 },
    { service: "orders", state: "missing", error: { message: "no", at: 1 } },
    { service: "plain", state: "none", operations: 5 },
    { service: "secret", state: "hidden" },
  ];
  const drift = { lines: [], others: 0 };
  const families = documentFamilies({
    documents: [],
    services,
    lines: [],
    drift,
    mergedAt: 1_767_225_601_000,
    error: "x",
  });
  const lines = families.flatMap(({ name, series }) =>
    series.map((one) => `${name} ${one.labels.join(" ")} ${"value" in one ? one.value : ""}`),
  );
  expect(lines.filter((line) => !line.endsWith(" 0"))).toEqual([
    "sluice_openapi_document_state users fresh 1",
    "sluice_openapi_document_state orders missing 1",
    "sluice_openapi_document_confirmed_timestamp_seconds users 1767225600.5",
    "sluice_openapi_document_operations users 3",
    "sluice_openapi_document_operations plain 5",
    "sluice_openapi_merged_timestamp_seconds  1767225601",
    "sluice_openapi_merge_failing  1",
  ]);
  expect(lines.filter((line) => line.endsWith(" 0"))).toHaveLength(6);
});
