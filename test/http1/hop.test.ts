import { describe, expect, test } from "bun:test";
import { isAllowedTrailer, isHopByHop } from "../../src/http1/hop.ts";

const hopByHop = [
  "te",
  "expect",
  "upgrade",
  "trailer",
  "connection",
  "keep-alive",
  "content-length",
  "proxy-connection",
  "transfer-encoding",
  "proxy-authenticate",
  "proxy-authorization",
];

describe("isHopByHop", () => {
  test.each(hopByHop)("picks out %s", (name) => {
    expect(isHopByHop(name)).toBe(true);
  });

  test.each(["", "tf", "accept", "expec7", "server7", "user-agent", "content-type", "content-lengti", "authorization"])(
    "leaves %p",
    (name) => {
      expect(isHopByHop(name)).toBe(false);
    },
  );
});

describe("isAllowedTrailer", () => {
  test.each([
    ...hopByHop,
    "host",
    "authorization",
    "cookie",
    "set-cookie",
    "cache-control",
    "content-encoding",
    "content-range",
    "content-type",
    "forwarded",
    "via",
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-forwarded-host",
  ])("keeps %s out of trailers", (name) => {
    expect(isAllowedTrailer(name)).toBe(false);
  });

  test.each(["etag", "x-checksum", "grpc-status", "server-timing", "digest"])("lets %s pass", (name) => {
    expect(isAllowedTrailer(name)).toBe(true);
  });
});
