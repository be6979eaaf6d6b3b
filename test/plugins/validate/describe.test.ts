import { expect, test } from "bun:test";
import validate from "../../../plugins/validate/index.ts";
import { decodeOptions } from "../../../src/testing/options.ts";

const codes = (options: Readonly<Record<string, unknown>>, hasBody: boolean) =>
  validate
    .describe?.(decodeOptions(validate, options, "/"), { route: { name: "a", path: "/a" }, service: "a", hasBody })
    .refusals?.map(({ code }) => code);

test("the document of the gateway tells what it refuses, and nothing where it only reports", () => {
  expect(codes({}, false)).toEqual(["validation_failed", "bad_request"]);
  expect(codes({}, true)).toEqual(["validation_failed", "bad_request", "payload_too_large", "unsupported_media_type"]);
  expect(codes({ requests: "report" }, true)).toBeUndefined();
});
