import { describe, expect, test } from "bun:test";
import { ERRORS, type ErrorCode, GatewayError } from "../src/errors.ts";

/** Design section 7: codes and statuses are a promise to users. */
const promised: Partial<Record<ErrorCode, number>> = {
  route_not_found: 404,
  method_not_allowed: 405,
  bad_request: 400,
  unauthenticated: 401,
  forbidden: 403,
  payload_too_large: 413,
  uri_too_long: 414,
  headers_too_large: 431,
  validation_failed: 422,
  rate_limited: 429,
  overloaded: 503,
  no_target_available: 503,
  circuit_open: 503,
  store_unavailable: 503,
  upstream_connect: 502,
  upstream_reset: 502,
  upstream_invalid: 502,
  upstream_timeout: 504,
  client_closed: 499,
  internal: 500,
};

const codes = Object.keys(ERRORS) as ErrorCode[];

describe("the table of errors", () => {
  test("has the codes and statuses that were promised", () => {
    const statuses = Object.fromEntries(codes.map((code) => [code, ERRORS[code].status]));
    expect(statuses).toMatchObject(promised);
  });

  test.each(codes)("%s has a code in snake case, a title, and a source that fits its status", (code) => {
    const { status, source, title } = ERRORS[code];
    expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/);
    expect(title).toMatch(/^[A-Z][^.]*[^.]$/);
    if (status < 500) expect(source).toBe("downstream");
    if (code.startsWith("upstream_")) expect(source).toBe("upstream");
    if (code === "internal") expect(source).toBe("internal");
  });

  test("has no two titles alike", () => {
    expect(new Set(codes.map((code) => ERRORS[code].title)).size).toBe(codes.length);
  });
});

describe("GatewayError", () => {
  test.each(codes)("%s takes status, source and title from the table", (code) => {
    const error = new GatewayError(code);
    const { status, source, title } = ERRORS[code];
    expect(error).toMatchObject({ code, status, source, title, message: title, name: "GatewayError" });
    expect(error).toMatchObject({ detail: undefined, bytesSent: false, headers: undefined });
    expect(Object.hasOwn(error, "cause")).toBe(false);
  });

  test("keeps what it is told", () => {
    const cause = new Error("secret");
    const headers = { "retry-after": "3" };
    const error = new GatewayError("rate_limited", { detail: "Slow down", cause, bytesSent: true, headers });
    expect(error).toMatchObject({ detail: "Slow down", message: "Slow down", cause, bytesSent: true, headers });
    expect(error.title).toBe(ERRORS.rate_limited.title);
  });

  test("from: one of ours stays what it is, all else is internal and kept as the cause", () => {
    const own = new GatewayError("forbidden");
    expect(GatewayError.from(own)).toBe(own);
    const other = new TypeError("secret");
    expect(GatewayError.from(other)).toMatchObject({ code: "internal", status: 500, cause: other, detail: undefined });
    expect(GatewayError.from("text")).toMatchObject({ code: "internal", cause: "text" });
    expect(GatewayError.from(undefined).code).toBe("internal");
  });
});
