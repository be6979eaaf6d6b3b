import { describe, expect, test } from "bun:test";
import { HeaderList } from "../../src/message/headers.ts";
import type { GatewayRequest } from "../../src/message/request.ts";
import { answerWith } from "../../src/openapi/answer.ts";
import { encode } from "../../src/openapi/encode.ts";

const PUBLICATION = { type: "text/plain", content: encode("hello"), fields: ["x-more", "1"] };
const { tag } = PUBLICATION.content;

function answer(headers: Readonly<Record<string, string>>) {
  return answerWith({ headers: HeaderList.of(headers) } as GatewayRequest, PUBLICATION);
}

describe("an answer", () => {
  test.each([
    ["", undefined],
    ["gzip", "gzip"],
    ["GZIP;q=0.5", "gzip"],
    ["br", "br"],
    ["gzip, deflate, br", "br"],
    ["br;q=0, gzip;q=1", "gzip"],
    ["br; q=0.000", undefined],
    ["brotli, x-gzip", undefined],
    ["*", undefined],
  ])("to Accept-Encoding %p is in %p", (accepted, coding) => {
    const { headers } = answer({ "accept-encoding": accepted });
    expect(headers.get("content-encoding")).toBe(coding as string);
    expect(headers.get("vary")).toBe("accept-encoding");
    expect(headers.get("x-more")).toBe("1");
  });

  test.each([
    [`"${tag}"`, 304],
    [`"${tag}-br"`, 304],
    [`W/"${tag}-gz"`, 304],
    [`"a", "${tag}"`, 304],
    ["*", 304],
    [`"${tag}x"`, 200],
    [tag, 200],
    ["", 200],
  ])("to If-None-Match %p is %i", (condition, status) => {
    expect(answer({ "if-none-match": condition }).status).toBe(status);
  });
});
