import { describe, expect, test } from "bun:test";
import { isAllowedTrailer, isDisguised, isHopByHop } from "../../src/http1/hop.ts";

const hopByHop = [
  "te",
  "expect",
  "upgrade",
  "trailer",
  "connection",
  "keep-alive",
  "content-length",
  "http2-settings",
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

describe("isDisguised", () => {
  const hyphened = hopByHop.filter((name) => name.includes("-"));
  test.each(["proxy", ...hyphened.map((name) => name.replace("-", "_")), "x_forwarded-for", "x_real_ip"])(
    "picks out %s",
    (name) => {
      expect(isDisguised(name)).toBe(true);
    },
  );

  test.each([...hyphened, "x-forwarded-for", "x_request_id", "content_type", "proxy_", "proxy-status"])(
    "leaves %s",
    (name) => {
      expect(isDisguised(name)).toBe(false);
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
    "x-forwarded",
    "true-client-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-original-url",
    "x-original-host",
    "x-http-method",
    "x-method-override",
    "x-http-method-override",
    "x-real-ip",
    "x-rewrite-url",
    "proxy",
  ])("keeps %s out of trailers", (name) => {
    expect(isAllowedTrailer(name)).toBe(false);
    expect(isAllowedTrailer(name.replaceAll("-", "_"))).toBe(false);
  });

  test.each(["etag", "x-checksum", "grpc-status", "server-timing", "digest"])("lets %s pass", (name) => {
    expect(isAllowedTrailer(name)).toBe(true);
  });
});
