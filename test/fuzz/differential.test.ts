import { describe, expect, test } from "bun:test";
import { METHODS } from "node:http";
import { expand, requestCases } from "../security/corpus.ts";
import { COMPARE_SEED, FUZZ_MS } from "./budget.ts";
import { chunkedBody, pipeline } from "./messages.ts";
import { mutate } from "./mutate.ts";
import { NODE, readWithNode } from "./node-parser.ts";
import { Random } from "./random.ts";
import { type Reading, readRequests } from "./read-requests.ts";

interface Leniency {
  /** HPE_…: what llhttp says of it. */
  readonly code: string;
  /** What the bytes have in common; the method is that of the first request that llhttp did not take. */
  readonly holds: (wire: string, method: string) => boolean;
  readonly reason: string;
}

/** A field of that name behind a last chunk. */
function trailer(name: string): RegExp {
  return new RegExp(`^0+(?:[\\t ]*;[^\\r\\n]*)?\\r\\n(?:[^\\r\\n:]+:[^\\r\\n]*\\r\\n)*${name}:`, "im");
}

const CONTENT_LENGTH_TRAILER = trailer("content-length");
const TRANSFER_ENCODING_TRAILER = trailer("transfer-encoding");
const CONNECTION_TRAILER = trailer("connection");
/** A chunk-size line with blanks around a semicolon or an equals sign. */
const BLANK_IN_EXTENSION = /^[0-9a-f]+(?:[^\r\n]*[\t ][;=]|[^\r\n]*[;=][\t ]|[\t ]+;)[^\r\n]*\r$/im;
const BLANKS_REASON =
  "blanks around the ; and = of a chunk extension are bad white space, which a recipient must pass over " +
  "(RFC 9112 §7.1.1, RFC 9110 §5.6.3); extensions go no further than here";

/** All that llhttp refuses and the gateway takes. */
const LENIENT: readonly Leniency[] = [
  {
    code: "HPE_INVALID_METHOD",
    holds: (_, method) => !METHODS.includes(method),
    reason:
      "llhttp has a list of methods; RFC 9110 §9.1 has an open one, and any token in capitals may be on it: routes say which they take",
  },
  {
    code: "HPE_INVALID_VERSION",
    holds: (wire) => /^[^\r\n]* HTTP\/1\.[2-9]\r$/m.test(wire),
    reason:
      "a message of a higher minor version is to be processed as one of the highest that is known (RFC 9110 §2.5)",
  },
  {
    code: "HPE_INVALID_CONTENT_LENGTH",
    holds: (wire) => /^content-length:(?:[\t ]*\t[\t ]*\d+[\t ]*|[\t ]*\d+[\t ]*\t[\t ]*)\r$/im.test(wire),
    reason: "white space around a value may be a tab, and is no part of it (RFC 9112 §5.1, RFC 9110 §5.6.3)",
  },
  {
    code: "HPE_INVALID_CONTENT_LENGTH",
    holds: (wire) => CONTENT_LENGTH_TRAILER.test(wire),
    reason: "a trailer says nothing of the framing (RFC 9110 §6.5.1): it is dropped, never looked at, never passed on",
  },
  {
    code: "HPE_INVALID_TRANSFER_ENCODING",
    holds: (wire) => TRANSFER_ENCODING_TRAILER.test(wire),
    reason: "a trailer says nothing of the framing (RFC 9110 §6.5.1): it is dropped, never looked at, never passed on",
  },
  {
    code: "HPE_INVALID_TRANSFER_ENCODING",
    holds: (wire) => /^transfer-encoding:[\t ]*chunked[\t ]+\r$/im.test(wire),
    reason: "white space behind a value is no part of it (RFC 9112 §5.1)",
  },
  {
    code: "HPE_CLOSED_CONNECTION",
    holds: (wire) => /^connection:[\t ]*keep-alive *\t/im.test(wire),
    reason:
      "white space behind an option may be a tab: the connection of HTTP/1.0 stays open (RFC 9110 §5.6.1, §5.6.3)",
  },
  {
    code: "HPE_CLOSED_CONNECTION",
    holds: (wire) => CONNECTION_TRAILER.test(wire),
    reason: "a Connection in the trailers comes too late to say anything: it is dropped (RFC 9110 §6.5.1, §7.6.1)",
  },
  { code: "HPE_STRICT", holds: (wire) => BLANK_IN_EXTENSION.test(wire), reason: BLANKS_REASON },
  { code: "HPE_INVALID_CHUNK_SIZE", holds: (wire) => BLANK_IN_EXTENSION.test(wire), reason: BLANKS_REASON },
];

function methodOf({ messages }: Reading, index: number): string {
  return messages[index]?.start.split(" ")[0] ?? "";
}

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
      ({ wire, theirs, ours }) =>
        !LENIENT.some(
          ({ code, holds }) => code === theirs.error && holds(wire, methodOf(ours, theirs.messages.length)),
        ),
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
