import { describe, expect, test } from "bun:test";
import { spanOf } from "../support/otlp/collector.ts";
import { gatewayWith, type Lines, SPAN, startPropagation, TRACE } from "../support/otlp/propagation.ts";

startPropagation();

describe("B3", () => {
  const single = gatewayWith("sampling: 0%, parent: respect, propagation: [b3]");
  const multi = gatewayWith("sampling: 0%, parent: respect, propagation: [b3multi]");
  const both = gatewayWith("sampling: 0%, parent: respect, propagation: [tracecontext, b3, b3multi]");

  test("in one header: a recorded trace goes on from the attempt", async () => {
    const { path, lines } = await single.told([["B3", `${TRACE}-${SPAN}-1-05e3ac9a4f6e3b90`]]);
    const client = spanOf(await single.spans(path), "client");
    expect(lines).toEqual([["b3", `${TRACE}-${client.spanId}-1`]]);
  });

  test("in one header: an unrecorded trace goes on as it is", async () => {
    const { lines } = await single.told([["b3", `${TRACE}-${SPAN}-0`]]);
    expect(lines).toEqual([["b3", `${TRACE}-${SPAN}-0`]]);
  });

  test("a trace of 64 bits gets zeros before it", async () => {
    const { lines } = await single.told([["b3", `a3ce929d0e0e4736-${SPAN}-0`]]);
    expect(lines).toEqual([["b3", `0000000000000000a3ce929d0e0e4736-${SPAN}-0`]]);
  });

  test.each(["1", "d"])("%s alone has a trace recorded that begins here", async (value) => {
    const { path, lines } = await single.told([["b3", value]]);
    const spans = await single.spans(path);
    expect(spanOf(spans, "server").parentSpanId).toBe("");
    expect(lines).toEqual([["b3", `${spans[0]?.traceId}-${spanOf(spans, "client").spanId}-1`]]);
  });

  test.each(["0", "", "x", `${TRACE}-${SPAN}-2`, `${TRACE}`, `${"0".repeat(32)}-${SPAN}-1`])(
    "%j begins a trace that is not recorded",
    async (value) => {
      const { lines } = await single.told([["b3", value]]);
      expect(lines).toEqual([["b3", expect.stringMatching(/^[0-9a-f]{32}-[0-9a-f]{16}-0$/)]]);
      expect(lines[0]?.[1]).not.toContain(TRACE);
    },
  );

  test("in several headers: all that came are replaced", async () => {
    const { path, lines } = await multi.told([
      ["X-B3-TraceId", TRACE],
      ["X-B3-ParentSpanId", "05e3ac9a4f6e3b90"],
      ["X-B3-SpanId", SPAN],
      ["X-B3-Sampled", "1"],
    ]);
    const client = spanOf(await multi.spans(path), "client");
    expect(lines).toEqual([
      ["x-b3-traceid", TRACE],
      ["x-b3-spanid", client.spanId],
      ["x-b3-sampled", "1"],
    ]);
  });

  test("the flag of debug has a trace recorded", async () => {
    const { path } = await multi.told([
      ["X-B3-TraceId", TRACE],
      ["X-B3-SpanId", SPAN],
      ["X-B3-Flags", "1"],
    ]);
    expect(spanOf(await multi.spans(path), "server")).toMatchObject({ parentSpanId: SPAN });
  });

  test("several headers are understood where one is written, and the other way round", async () => {
    const { lines } = await single.told([
      ["X-B3-TraceId", TRACE],
      ["X-B3-SpanId", SPAN],
      ["X-B3-Sampled", "0"],
    ]);
    expect(lines).toEqual([["b3", `${TRACE}-${SPAN}-0`]]);
    expect((await multi.told([["b3", `${TRACE}-${SPAN}-0`]])).lines).toEqual([
      ["x-b3-traceid", TRACE],
      ["x-b3-spanid", SPAN],
      ["x-b3-sampled", "0"],
    ]);
  });

  test("of several forms the first that is valid counts, and services get all", async () => {
    const other = `${"1".repeat(32)}-${"2".repeat(16)}`;
    const valid = await both.told([
      ["b3", `${other}-0`],
      ["traceparent", `00-${TRACE}-${SPAN}-00`],
    ]);
    const written = (trace: string, span: string): Lines => [
      ["traceparent", `00-${trace}-${span}-00`],
      ["b3", `${trace}-${span}-0`],
      ["x-b3-traceid", trace],
      ["x-b3-spanid", span],
      ["x-b3-sampled", "0"],
    ];
    expect(valid.lines).toEqual(written(TRACE, SPAN));
    const invalid = await both.told([
      ["traceparent", "nonsense"],
      ["b3", `${other}-0`],
    ]);
    expect(invalid.lines).toEqual(written("1".repeat(32), "2".repeat(16)));
  });
});
