import { expect, test } from "bun:test";
import { ROOT_CONTEXT, type TextMapPropagator, TraceFlags, trace } from "@opentelemetry/api";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import { B3InjectEncoding, B3Propagator } from "@opentelemetry/propagator-b3";
import fc from "fast-check";
import { HeadBuffer } from "../../src/http1/head-buffer.ts";
import { HeaderList } from "../../src/message/headers.ts";
import { parseB3 } from "../../src/trace/b3.ts";
import { writerOf } from "../../src/trace/lines.ts";
import { parseTraceparent } from "../../src/trace/traceparent.ts";

/** What is read and written here is held to what the propagators of OpenTelemetry read and write. */

type Carrier = Readonly<Record<string, string>>;

function extracted(propagator: TextMapPropagator, carrier: Carrier) {
  const getter = {
    get: (from: Carrier, key: string) => from[key.toLowerCase()],
    keys: (from: Carrier) => Object.keys(from),
  };
  return trace.getSpanContext(propagator.extract(ROOT_CONTEXT, carrier, getter));
}

function injected(
  propagator: TextMapPropagator,
  ids: { traceId: string; spanId: string },
  isSampled: boolean,
): Carrier {
  const carrier: Record<string, string> = {};
  const traceFlags = isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE;
  const context = trace.setSpanContext(ROOT_CONTEXT, { ...ids, traceFlags });
  propagator.inject(context, carrier, {
    set: (to, key, value) => ((to as Record<string, string>)[key.toLowerCase()] = value),
  });
  return carrier;
}

const hex = (length: number) =>
  fc
    .oneof(
      {
        weight: 8,
        arbitrary: fc.array(fc.constantFrom(..."0123456789abcdef"), { minLength: length, maxLength: length }),
      },
      { weight: 1, arbitrary: fc.constant(["0".repeat(length)]) },
    )
    .map((digits) => digits.join(""));

/** Now and then something else stands, is missing or is too much somewhere. */
const damaged = (text: fc.Arbitrary<string>) =>
  fc
    .tuple(text, fc.nat(80), fc.constantFrom("", "", "", "x", "-", "A", "0", ",", "é"))
    .map(([whole, at, what]) => (what === "" ? whole : whole.slice(0, at) + what + whole.slice(at + (at % 2))));

const traceparent = damaged(
  fc
    .tuple(
      fc.constantFrom("00", "00", "00", "01", "cc", "ff"),
      hex(32),
      hex(16),
      hex(2),
      fc.constantFrom("", "", "-more", "more"),
    )
    .map(([version, traceId, spanId, flags, more]) => `${version}-${traceId}-${spanId}-${flags}${more}`),
);

test("a traceparent is read as the official propagator reads it", () => {
  const official = new W3CTraceContextPropagator();
  let valid = 0;
  fc.assert(
    fc.property(traceparent, (value) => {
      const expected = extracted(official, { traceparent: value });
      const found = parseTraceparent(value);
      expect([value, found?.traceId, found?.spanId]).toEqual([value, expected?.traceId, expected?.spanId]);
      if (expected === undefined) return;
      valid++;
      expect(found?.isSampled).toBe((expected.traceFlags & TraceFlags.SAMPLED) !== 0);
    }),
    { numRuns: 20_000 },
  );
  expect(valid).toBeGreaterThan(2_000);
});

const state = fc.constantFrom("", "-0", "-1", "-d", "-2", "-true", "-1-05e3ac9a4f6e3b90");
const single = damaged(
  fc.tuple(fc.oneof(hex(32), hex(16)), hex(16), state).map(([traceId, spanId, more]) => `${traceId}-${spanId}${more}`),
);

test("what is read of B3 in one header the official propagator reads as well, though it takes more", () => {
  const official = new B3Propagator();
  let valid = 0;
  fc.assert(
    fc.property(single, (b3) => {
      const found = parseB3(HeaderList.of({ b3 }));
      if (found === undefined || !("traceId" in found)) return;
      const expected = extracted(official, { b3 });
      expect([found.traceId, found.spanId]).toEqual([expected?.traceId ?? "none", expected?.spanId ?? "none"]);
      // A state that is left open is none to it.
      expect(found.isSampled ?? false).toBe(expected?.traceFlags === TraceFlags.SAMPLED);
      valid++;
    }),
    { numRuns: 20_000 },
  );
  expect(valid).toBeGreaterThan(2_000);
});

test.each([
  ["tracecontext", new W3CTraceContextPropagator()],
  ["b3", new B3Propagator({ injectEncoding: B3InjectEncoding.SINGLE_HEADER })],
  ["b3multi", new B3Propagator({ injectEncoding: B3InjectEncoding.MULTI_HEADER })],
] as const)("%s is written as the official propagator writes it", (form, official) => {
  const ids = { traceId: "4bf92f3577b34da6a3ce929d0e0e4736", spanId: "00f067aa0ba902b7" };
  for (const isSampled of [true, false]) {
    const head = new HeadBuffer().begin();
    writerOf([form])(head, `xx${ids.traceId}${ids.spanId}yy`, 2, isSampled);
    const text = head.bytes.toString("latin1", 0, head.size);
    const lines = text.split("\r\n").filter((line) => line !== "");
    expect(Object.fromEntries(lines.map((line) => line.split(": ")))).toEqual(injected(official, ids, isSampled));
    expect(text).toEndWith("\r\n");
  }
});
