import { describe, expect, test } from "bun:test";
import { spanOf } from "../support/otlp/collector.ts";
import {
  expectUnrecorded,
  gatewayWith,
  type Lines,
  many,
  SPAN,
  startPropagation,
  TRACE,
} from "../support/otlp/propagation.ts";

startPropagation();

/** Its end is above any share, so that it is recorded at every rate but 0 %; and one that is at none but 100 %. */
const HIGH = "4bf92f3577b34da6a3ceffffffffffff";
const LOW = "4bf92f3577b34da6a3ce000000000001";

const FRESH = /^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/;
const RECORDED = /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/;

describe("nothing is recorded", () => {
  const gateway = gatewayWith("sampling: 0%, parent: respect");

  test("a request without a trace gets one, whose ids are new each time", async () => {
    const all = await many(600, () => gateway.told());
    for (const { lines } of all) {
      expect(lines).toEqual([["traceparent", expect.stringMatching(FRESH)]]);
    }
    expect(new Set(all.map(({ lines }) => lines[0]?.[1].slice(3, 35))).size).toBe(600);
    expect(new Set(all.map(({ lines }) => lines[0]?.[1].slice(36, 52))).size).toBe(600);
    for (const { path } of all) expectUnrecorded(path);
  });

  test("a trace that is not recorded goes on byte by byte, between the other lines", async () => {
    const lines: Lines = [
      ["traceparent", `00-${TRACE}-${SPAN}-00`],
      ["tracestate", "a=1"],
      ["X-More", "yes"],
      ["tracestate", "b=2,c=3"],
    ];
    const { all } = await gateway.told(lines);
    const names = ["traceparent", "tracestate", "x-more"];
    expect(all.filter(([name]) => names.includes(name))).toEqual(
      lines.map(([name, value]) => [name.toLowerCase(), value]),
    );
  });

  test.each([`01-${TRACE}-${SPAN}-00`, `cc-${TRACE}-${SPAN}-00-what.the.future.brings`, `00-${TRACE}-${SPAN}-fe`])(
    "%s goes on as it came",
    async (value) => {
      expect((await gateway.told([["traceparent", value]])).lines).toEqual([["traceparent", value]]);
    },
  );

  test("what others record is recorded, whatever the share", async () => {
    const { path, lines } = await gateway.told([
      ["traceparent", `00-${TRACE}-${SPAN}-01`],
      ["tracestate", "a=1,b=2"],
    ]);
    const spans = await gateway.spans(path);
    const server = spanOf(spans, "server");
    const client = spanOf(spans, "client");
    expect(server).toMatchObject({ traceId: TRACE, parentSpanId: SPAN, traceState: "a=1,b=2" });
    expect(client).toMatchObject({ traceId: TRACE, parentSpanId: server.spanId });
    expect(lines).toEqual([
      ["tracestate", "a=1,b=2"],
      ["traceparent", `00-${TRACE}-${client.spanId}-01`],
    ]);
  });

  test("a recorded trace of a later version is told of in the version of the gateway", async () => {
    const { path, lines } = await gateway.told([["traceparent", `cc-${TRACE.replace("4", "5")}-${SPAN}-01-more`]]);
    const client = spanOf(await gateway.spans(path), "client");
    expect(lines).toEqual([["traceparent", `00-${TRACE.replace("4", "5")}-${client.spanId}-01`]]);
  });

  test.each([
    "",
    "00",
    `00-${TRACE}-${SPAN}`,
    `00-${TRACE}-${SPAN}-0`,
    `00-${TRACE}-${SPAN}-01-`,
    `00-${TRACE}-${SPAN}-01-more`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${"0".repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${"0".repeat(16)}-01`,
    `ff-${TRACE}-${SPAN}-01`,
    `cc-${TRACE}-${SPAN}-01.more`,
    `00-${TRACE}-${SPAN}-0x`,
    `00_${TRACE}_${SPAN}_01`,
    `0-${TRACE}-${SPAN}-01`,
    ` 00-${TRACE.slice(1)}-${SPAN}-01`,
    `00-${TRACE}x-${SPAN}-01`,
    "é".repeat(60),
  ])("of the invalid %j nothing is left: the trace begins anew, without its state", async (value) => {
    const { lines } = await gateway.told([
      ["Traceparent", value],
      ["TraceState", "a=1"],
    ]);
    expect(lines).toEqual([["traceparent", expect.stringMatching(FRESH)]]);
    expect(lines[0]?.[1]).not.toContain(TRACE);
  });

  test("two traceparents are none", async () => {
    const value = `00-${TRACE}-${SPAN}-01`;
    const { lines } = await gateway.told([
      ["traceparent", value],
      ["traceparent", value],
      ["tracestate", "a=1"],
    ]);
    expect(lines).toEqual([["traceparent", expect.stringMatching(FRESH)]]);
  });

  test("a state without a trace is dropped", async () => {
    const { lines } = await gateway.told([["tracestate", "a=1"]]);
    expect(lines).toEqual([["traceparent", expect.stringMatching(FRESH)]]);
  });

  test("headers of B3 are none of its business", async () => {
    const { lines } = await gateway.told([["b3", `${TRACE}-${SPAN}-1`]]);
    expect(lines).toEqual([
      ["b3", `${TRACE}-${SPAN}-1`],
      ["traceparent", expect.stringMatching(FRESH)],
    ]);
  });
});

describe("whose trace is continued", () => {
  const parent: Lines = [
    ["traceparent", `00-${TRACE}-${SPAN}-01`],
    ["tracestate", "a=1"],
  ];

  describe("parent: trusted, and the client is nobody's proxy", () => {
    const gateway = gatewayWith("sampling: 0%");
    test("the client cannot have anything recorded, nor choose its ids", async () => {
      const { path, lines } = await gateway.told(parent);
      expect(lines).toEqual([["traceparent", expect.stringMatching(FRESH)]]);
      expect(lines[0]?.[1]).not.toContain(TRACE);
      expectUnrecorded(path);
    });
  });

  describe("parent: trusted, and the client is a trusted proxy", () => {
    const gateway = gatewayWith("sampling: 0%", ", trusted-proxies: [127.0.0.1]");
    test("the trace goes on", async () => {
      const { path, lines } = await gateway.told(parent);
      expect(lines).toEqual([
        ["tracestate", "a=1"],
        ["traceparent", expect.stringMatching(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-01$`))],
      ]);
      expect(spanOf(await gateway.spans(path), "server").parentSpanId).toBe(SPAN);
    });
  });

  describe("parent: ignore", () => {
    const gateway = gatewayWith("sampling: 100%, parent: ignore", ", trusted-proxies: [127.0.0.1]");
    test("another trace begins, with a link to the one that came", async () => {
      const { path, lines } = await gateway.told(parent);
      const server = spanOf(await gateway.spans(path), "server");
      expect(server).toMatchObject({ parentSpanId: "", links: [{ traceId: TRACE, spanId: SPAN }], traceState: "" });
      expect(server.traceId).not.toBe(TRACE);
      expect(lines).toEqual([["traceparent", expect.stringMatching(RECORDED)]]);
    });
  });
});

describe("the share", () => {
  const gateway = gatewayWith("sampling: 20%, parent: respect, propagation: [tracecontext, b3]");

  test("is that of the traces that begin", async () => {
    const all = await many(1_000, () => gateway.told());
    const recorded = all.filter(({ lines }) => lines[0]?.[1].endsWith("-01")).length;
    // 20 % of 1,000, and six standard deviations to either side.
    expect(recorded).toBeGreaterThan(120);
    expect(recorded).toBeLessThan(280);
    for (const { lines } of all) {
      const [traceparent = "", b3 = ""] = lines.map(([, value]) => value);
      const isHigh = Number.parseInt(traceparent.slice(23, 35), 16) / 16 ** 12 >= 0.8;
      expect(traceparent.slice(-2)).toBe(isHigh ? "01" : "00");
      expect(b3).toBe(`${traceparent.slice(3, 52)}-${isHigh ? "1" : "0"}`);
    }
  });

  test("decides by the id where the one before has left it open", async () => {
    const high = await gateway.told([["b3", `${HIGH}-${SPAN}`]]);
    expect(spanOf(await gateway.spans(high.path), "server")).toMatchObject({ traceId: HIGH, parentSpanId: SPAN });
    const low = await gateway.told([["b3", `${LOW}-${SPAN}`]]);
    expect(low.lines).toEqual([
      ["traceparent", `00-${LOW}-${SPAN}-00`],
      ["b3", `${LOW}-${SPAN}-0`],
    ]);
    expectUnrecorded(low.path);
  });
});

describe("a limit", () => {
  const gateway = gatewayWith("sampling: 100%, parent: respect, limit: 3");

  test("bounds what is recorded in a second, and traces go on all the same", async () => {
    const lines: Lines = [["traceparent", `00-${TRACE}-${SPAN}-01`]];
    const all = await Promise.all(Array.from({ length: 40 }, () => gateway.told(lines)));
    const through = all.filter((one) => one.lines[0]?.[1] === lines[0]?.[1]);
    // They may have come in several seconds.
    expect(through.length).toBeGreaterThanOrEqual(25);
    expect(through.length).toBeLessThanOrEqual(37);
  });
});
