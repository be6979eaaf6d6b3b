import { describe, expect, test } from "bun:test";
import { mediaTypes } from "../../../plugins/compression/media-types.ts";
import { negotiate } from "../../../plugins/compression/negotiate.ts";

describe("the encoding for an Accept-Encoding (RFC 9110 §12.5.3)", () => {
  test.each([
    ["gzip", "gzip"],
    ["GZIP", "gzip"],
    ["x-gzip", "gzip"],
    ["gzip, deflate, br, zstd", "zstd"],
    ["gzip, br", "br"],
    ["gzip;q=1.0, br;q=0.9", "gzip"],
    ["br;q=0.5, gzip;q=0.5", "br"],
    ["br ; q=0.001 , gzip;q=0", "br"],
    ["*", "zstd"],
    ["*;q=0.1, gzip;q=0.2", "gzip"],
    ["zstd;q=0, *", "br"],
    ["identity, gzip", "gzip"],
    ["identity;q=0.5, gzip;q=0.4", undefined],
    ["identity;q=0.5, gzip;q=0.5", "gzip"],
    ["identity;q=0", undefined],
    ["gzip;q=0", undefined],
    ["*;q=0", undefined],
    ["deflate, compress", undefined],
    ["", undefined],
    [" , ,", undefined],
    // What is no element says nothing.
    ["gzip;q=2, br;q=0.1", "br"],
    ["gzip;level=9", undefined],
    ["gzip;q=0.1234", undefined],
    ["gzip br", undefined],
  ] as const)("%p: %p", (accepted, expected) => {
    expect(negotiate(accepted, ["zstd", "br", "gzip"])).toBe(expected);
  });

  test("of equals the first that is offered", () => {
    expect(negotiate("gzip, br, zstd", ["gzip", "zstd"])).toBe("gzip");
    expect(negotiate("br", ["gzip", "zstd"])).toBeUndefined();
  });
});

describe("media types", () => {
  const isOne = mediaTypes(["text/*", "application/json", "application/*+json"]);

  test.each([
    "text/html",
    "TEXT/Plain; charset=utf-8",
    "application/json",
    " application/json ;x=y",
    "application/ld+json",
  ])("%p is one of them", (type) => {
    // Also when it is asked again.
    expect([isOne(type), isOne(type)]).toEqual([true, true]);
  });

  test.each(["textual/html", "application/jsonp", "application/xml", "image/png", "", "json", "x-text/html"])(
    "%p is none of them",
    (type) => {
      expect([isOne(type), isOne(type)]).toEqual([false, false]);
    },
  );

  test("that nobody can list are still judged after a flood of them", () => {
    for (let i = 0; i < 2_000; i++) expect(isOne(`text/${i}`)).toBe(true);
    expect(isOne("image/png")).toBe(false);
  });
});
