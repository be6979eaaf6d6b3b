import { expect, test } from "bun:test";
import { GatewayError } from "../../src/errors.ts";
import { backgroundOf } from "../../src/message/background.ts";
import { createContext } from "../../src/testing/request.ts";

test("work beside a request has its record, and neither its body, its client nor its end", () => {
  const route = { name: "r", path: "/*" };
  const ctx = createContext({ path: "/a?b", headers: { "x-a": "1" }, body: "content" }, route, "s");
  ctx.upstreamPath = "/inner";
  ctx.requestId = "id";
  ctx.abort(new GatewayError("client_closed"));
  const background = backgroundOf(ctx);
  expect(background).toMatchObject({
    route,
    service: "s",
    upstreamPath: "/inner",
    upstreamQuery: "b",
    requestId: "id",
  });
  expect([background.isAborted, background.request.body.isEmpty, background.downstream]).toEqual([
    false,
    true,
    undefined,
  ]);
  background.request.headers.set("x-a", "2");
  background.attempts++;
  expect([ctx.request.headers.get("x-a"), ctx.attempts]).toEqual(["1", 0]);
});
