import { describe, expect, test } from "bun:test";
import { expand, requestCases } from "../security/corpus.ts";
import { COMPARE_SEED, FUZZ_MS } from "./budget.ts";
import { chunkedBody, pipeline } from "./messages.ts";
import { mutate } from "./mutate.ts";
import { NODE, readWithNode } from "./node-parser.ts";
import { Random } from "./random.ts";
import { readRequests } from "./read-requests.ts";

interface Leniency {
  /** HPE_…: what llhttp says of it. */
  readonly code: string;
  /** What the bytes have in common. */
  readonly holds: (wire: string) => boolean;
  readonly reason: string;
}

/** A chunk-size line as RFC 9112 §7.1.1 has it. */
const EXTENSIONS = /^[0-9a-f]+(?:;[!#$%&'*+.^_`|~0-9a-z-]+(?:=(?:[!#$%&'*+.^_`|~0-9a-z-]+|"(?:[^"\\]|\\.)*"))?)*$/i;

/** All that llhttp refuses and the gateway takes. */
const LENIENT: readonly Leniency[] = [
  {
    code: "HPE_INVALID_METHOD",
    holds: (wire) => /[A-Z0-9!#$%&'*+.^_`|~-]+ /.test(wire),
    reason:
      "llhttp has a list of methods; any token in capitals is one (RFC 9110 §9.1), and the route says which it takes",
  },
  {
    code: "HPE_INVALID_VERSION",
    holds: (wire) => /HTTP\/1\.[2-9]\r\n/.test(wire),
    reason: "a higher minor version is served as HTTP/1.1 (RFC 9110 §2.5)",
  },
  {
    code: "HPE_INVALID_CONTENT_LENGTH",
    holds: (wire) =>
      /^content-length:[\t ]*\d+[\t ]*\t[\t ]*\r$|^content-length:[\t ]*\t[\t ]*\d+[\t ]*\r$/im.test(wire),
    reason: "white space around a value may be a tab (RFC 9110 §5.6.3)",
  },
  {
    code: "HPE_INVALID_CONTENT_LENGTH",
    holds: (wire) => /0[^\r\n]*\r\n(?:[^\r\n]+\r\n)*content-length:/i.test(wire),
    reason: "a Content-Length in the trailers is dropped, never looked at (RFC 9110 §6.5.1)",
  },
  {
    code: "HPE_INVALID_TRANSFER_ENCODING",
    holds: (wire) => /0[^\r\n]*\r\n(?:[^\r\n]+\r\n)*transfer-encoding:/i.test(wire),
    reason: "a Transfer-Encoding in the trailers is dropped, never looked at (RFC 9110 §6.5.1)",
  },
  {
    code: "HPE_INVALID_TRANSFER_ENCODING",
    holds: (wire) => /^transfer-encoding:[\t ]*chunked[\t ]*[\t ]\r$/im.test(wire),
    reason: "white space behind a value is no part of it (RFC 9112 §5.1)",
  },
  {
    code: "HPE_CLOSED_CONNECTION",
    holds: (wire) => /^connection:[\t ]*keep-alive *\t/im.test(wire),
    reason: "white space around a value may be a tab: the connection of HTTP/1.0 stays open (RFC 9110 §5.6.3)",
  },
  {
    code: "HPE_STRICT",
    holds: (wire) => wire.split("\r\n").some((line) => /^[0-9a-f]+;/i.test(line) && !EXTENSIONS.test(line)),
    reason:
      "chunk extensions are dropped: only their length, quotes and control characters are checked (RFC 9112 §7.1.1)",
  },
];

const wires: readonly string[] = [
  ...requestCases.map((one) => expand(one, "a")),
  ...Array.from({ length: Math.round(3 * FUZZ_MS) }, (_, i) => {
    const random = new Random(COMPARE_SEED + i);
    if (random.once(2)) return mutate(random, pipeline(random));
    return `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${mutate(random, chunkedBody(random))}`;
  }),
];

if (NODE === undefined) console.log("Node.js is not installed: its parser is not compared");

describe.skipIf(NODE === undefined)("the same bytes", () => {
  const found = (NODE === undefined ? [] : readWithNode(NODE, wires)).map((theirs, i) => {
    const wire = wires[i] ?? "";
    return { wire, theirs, ours: readRequests([wire]) };
  });

  test("are refused by the gateway where Node's parser refuses them, but for the table", () => {
    const lenient = found.filter(
      ({ ours, theirs }) => theirs.error !== undefined && ours.messages.length > theirs.messages.length,
    );
    const surprising = lenient.filter(
      ({ wire, theirs }) => !LENIENT.some(({ code, holds }) => code === theirs.error && holds(wire)),
    );
    const told = surprising.map(({ wire, theirs }) => ({ code: theirs.error, wire }));
    expect(told.slice(0, 5)).toEqual([]);
  });

  test("are the same messages for both where both take them", () => {
    const taken = found.filter(
      ({ ours, theirs }) => theirs.error === undefined && !theirs.isUpgrade && ours.error === undefined,
    );
    expect(taken.length).toBeGreaterThan(50);
    const different = taken.filter(({ wire, ours, theirs }) => {
      const bodies = ours.messages.map(({ body }) => body);
      // With both "close" and "keep-alive" the gateway closes (RFC 9112 §9.3), and llhttp goes on.
      const mayEndEarlier = /\bclose\b/i.test(wire) && /keep-alive/i.test(wire);
      const isAsMany = theirs.messages.length === bodies.length;
      const theirBodies = theirs.messages.slice(0, bodies.length).map(({ body }) => body);
      return !(isAsMany || mayEndEarlier) || !Bun.deepEquals(bodies, theirBodies);
    });
    expect(different.slice(0, 5)).toEqual([]);
  });
});
