import { expect, test } from "bun:test";
import { isIdempotent } from "../../src/upstream/idempotent.ts";

test.each(["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"])("%s is idempotent (RFC 9110 §9.2.2)", (method) => {
  expect(isIdempotent(method)).toBe(true);
});

test.each(["POST", "PATCH", "CONNECT", "LOCK", "get", "", "GETT"])("%p is not", (method) => {
  expect(isIdempotent(method)).toBe(false);
});
