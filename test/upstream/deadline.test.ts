import { describe, expect, test } from "bun:test";
import { deadlineHeader } from "../../src/upstream/deadline.ts";
import { contextOf } from "./support.ts";

const NAME = "x-request-timeout-ms";

/** The ms that a request with these headers has after its arrival, and the headers that are left. */
function accepted(name: string, headers: Record<string, string>, isTrustedProxy = true) {
  const ctx = contextOf({ headers, peer: { isTrustedProxy } });
  deadlineHeader(name, 30_000).accept(ctx);
  return { ms: ctx.deadlineAt - ctx.startedAt, headers: [...ctx.request.headers].filter(([key]) => key !== "host") };
}

const NOTHING = { ms: Number.POSITIVE_INFINITY, headers: [] };

describe("the header of a request", () => {
  test("is taken off, and believed from a trusted proxy", () => {
    const { ms, headers } = accepted("X-Request-Timeout-Ms", { [NAME]: "1500", accept: "*/*" });
    expect(ms).toBeCloseTo(1_500, 3);
    expect(headers).toEqual([["accept", "*/*"]]);
  });

  test("is taken off, and not believed, from anybody else: in the spelling of CGI, too", () => {
    expect(accepted(NAME, { [NAME]: "1500" }, false)).toEqual(NOTHING);
    expect(accepted(NAME, { x_request_timeout_ms: "1500" })).toEqual(NOTHING);
  });

  test.each(["", "-1", "1.5", "1e3", "soon", "1500, 1500", "1500ms", "9".repeat(16)])("says nothing by %p", (value) => {
    expect(accepted(NAME, { [NAME]: value })).toEqual(NOTHING);
  });

  test("of any length stays within what a timer can wait", () => {
    expect(accepted(NAME, { [NAME]: "9".repeat(15) }).ms).toBeCloseTo(2 ** 31 - 1, 3);
  });

  test.each([
    ["2H", 7_200_000],
    ["3M", 180_000],
    ["4S", 4_000],
    ["250m", 250],
    ["5000u", 5],
    ["8000000n", 8],
  ])("called grpc-timeout is in the form of gRPC: %s", (value, ms) => {
    expect(accepted("grpc-timeout", { "grpc-timeout": value }).ms).toBeCloseTo(ms, 3);
  });

  test.each(["250", "1.5S", "123456789m", "m"])("called grpc-timeout says nothing by %p", (value) => {
    expect(accepted("grpc-timeout", { "grpc-timeout": value })).toEqual(NOTHING);
  });
});

describe("the line for a target", () => {
  const line = (name: string, totalMs: number, deadlineAt: number) => {
    const ctx = contextOf();
    ctx.deadlineAt = deadlineAt;
    return deadlineHeader(name, totalMs).line(ctx, 1_000);
  };

  test("has the whole ms that are left, one at least, and never more than the total", () => {
    expect(line(NAME, 30_000, 3_500.9)).toBe("x-request-timeout-ms: 2500\r\n");
    expect(line(NAME, 30_000, 1_000.2)).toBe("x-request-timeout-ms: 1\r\n");
    expect(line(NAME, 30_000, Number.POSITIVE_INFINITY)).toBe("x-request-timeout-ms: 30000\r\n");
    expect(line(NAME, 2_000, 3_500)).toBe("x-request-timeout-ms: 2000\r\n");
  });

  test("called grpc-timeout is in the form of gRPC, eight digits at most", () => {
    expect(line("GRPC-Timeout", 30_000, 3_500)).toBe("grpc-timeout: 2500m\r\n");
    expect(line("grpc-timeout", 1e9, Number.POSITIVE_INFINITY)).toBe("grpc-timeout: 1000000S\r\n");
  });
});
