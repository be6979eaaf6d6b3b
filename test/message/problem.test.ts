import { describe, expect, test } from "bun:test";
import { ERRORS, type ErrorCode, GatewayError } from "../../src/errors.ts";
import { problemReply } from "../../src/message/problem.ts";

const codes = Object.keys(ERRORS) as ErrorCode[];
const contentOf = (error: GatewayError, format: "problem" | "envelope") =>
  problemReply(error, "id-1", format).body.json(10_000);

describe("problem+json (RFC 9457)", () => {
  test.each(codes)("of %s", async (code) => {
    const reply = problemReply(new GatewayError(code), "id-1", "problem");
    const { status, title } = ERRORS[code];
    expect(reply.status).toBe(status);
    expect(reply.headers.flat).toEqual(["content-type", "application/problem+json"]);
    expect(await reply.body.json(10_000)).toEqual({
      type: `urn:sluice:error:${code}`,
      title,
      status,
      code,
      requestId: "id-1",
    });
  });

  test("tells the detail if there is one", async () => {
    const content = await contentOf(new GatewayError("bad_request", { detail: 'No "name"' }), "problem");
    expect(content).toMatchObject({ title: ERRORS.bad_request.title, detail: 'No "name"' });
  });
});

describe("the envelope", () => {
  test.each(codes)("of %s", async (code) => {
    const reply = problemReply(new GatewayError(code), "id-1", "envelope");
    const { status, title } = ERRORS[code];
    expect(reply.status).toBe(status);
    expect(reply.headers.flat).toEqual(["content-type", "application/json"]);
    expect(await reply.body.json(10_000)).toEqual({ success: false, message: title, code, requestId: "id-1" });
  });

  test("has the detail for its message", async () => {
    const content = await contentOf(new GatewayError("bad_request", { detail: "No name" }), "envelope");
    expect(content).toMatchObject({ message: "No name" });
  });
});

describe("both", () => {
  const cause = new Error("connect to 10.0.0.7:5432 failed");

  test.each(["problem", "envelope"] as const)("%s: no cause, no stack, no address", async (format) => {
    const text = await problemReply(GatewayError.from(cause), "id-1", format).body.text(10_000);
    expect(text).not.toContain("10.0.0.7");
    expect(text).not.toMatch(/stack|cause|errors\.ts|bytesSent/);
  });

  test.each(["problem", "envelope"] as const)("%s: the error's own headers, which may replace the type", (format) => {
    const headers = { allow: "GET, HEAD", "retry-after": "3", "content-type": "text/html" };
    const reply = problemReply(new GatewayError("method_not_allowed", { headers }), "id-1", format);
    expect(reply.headers.flat).toEqual(["content-type", "text/html", "allow", "GET, HEAD", "retry-after", "3"]);
  });

  test.each(["problem", "envelope"] as const)("%s: the body's length is known", (format) => {
    const { body } = problemReply(new GatewayError("forbidden", { detail: "caf\u00e9" }), "id-1", format);
    expect(body.length).toBe(body.inMemory?.byteLength ?? -1);
  });
});
