import { afterEach, beforeEach, describe, expect, setSystemTime, test } from "bun:test";
import { writeReplyHead } from "../../src/edge/reply-head.ts";
import { headBuffer } from "../../src/http1/head-buffer.ts";
import { parseResponseHead } from "../../src/http1/response-head.ts";
import { scanResponseHead } from "../../src/http1/scan-response.ts";
import { HeaderList } from "../../src/message/headers.ts";
import { Reply } from "../../src/message/reply.ts";
import { Random } from "../fuzz/random.ts";
import { composedText } from "./composed.ts";

const LINES = ["Content-Type: text/html", "X-A: 1", "x-a: 2", "Server: s", "ETag: e", "Vary: a", "Date: now", "Age: 1"];
/** Names that heads have, that they have not, and that are no ordinary field. */
const NAMES = [
  "x-a",
  "vary",
  "age",
  "date",
  "x-b",
  "ratelimit",
  "ratelimit-policy",
  "connection",
  "keep-alive",
  "1",
  "2",
];
const COUNT = 20;

// Replies without Date are given that of now: a second must not end between two that are compared.
beforeEach(() => void setSystemTime(Date.UTC(2030, 0, 1)));
afterEach(() => void setSystemTime());

/** One head, as its bytes and taken apart. */
function twins(lines: readonly string[]): readonly [HeaderList, HeaderList] {
  const head = `HTTP/1.1 200 OK\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\n`;
  const bytes = Buffer.from(`${head}x-b: body\r\n`, "latin1");
  const scanned = scanResponseHead(bytes, 0, head.length, COUNT)?.headers ?? new HeaderList();
  return [scanned, parseResponseHead(head, COUNT).headers];
}

function sent(headers: HeaderList): string {
  writeReplyHead(headBuffer, new Reply(200, headers), "none", "GET", "\r\n");
  return composedText();
}

type Change = (headers: HeaderList) => unknown;

function anyChange(random: Random): Change {
  const [name, value] = [random.pick(NAMES), String(random.below(3))];
  const changes: readonly Change[] = [
    (headers) => headers.set(name, value),
    (headers) => headers.set(name, value),
    (headers) => headers.append(name, value),
    (headers) => headers.delete(name),
    (headers) => headers.get(name),
    (headers) => headers.getAll(name),
    (headers) => headers.has(name),
    (headers) => headers.copy().get(name),
  ];
  return random.pick(changes);
}

describe("fields that are added to those that came", () => {
  test("are the same as if these had been taken apart", () => {
    const random = new Random(9);
    let keptAsCame = 0;
    for (let i = 0; i < 20_000; i++) {
      const lines = random.list(random.below(6), () => random.pick(LINES));
      const [asCame, apart] = twins(lines);
      const changes = random.list(random.below(5), () => anyChange(random));
      for (const change of changes) expect(change(asCame)).toEqual(change(apart));
      if (asCame.wire !== undefined && asCame.added.length > 0) keptAsCame++;
      // Before and after somebody looks at all of them.
      expect(sent(asCame)).toBe(sent(apart));
      expect([...asCame]).toEqual([...apart]);
      expect(sent(asCame)).toBe(sent(apart));
      asCame.set("x-c", "3");
      apart.set("x-c", "3");
      expect([...asCame]).toEqual([...apart]);
    }
    expect(keptAsCame).toBeGreaterThan(2_000);
  });

  test("leave those that came as they are", () => {
    const [headers] = twins(["Content-Type: text/html", "Server: s"]);
    headers.set("ratelimit", '"default";r=1;t=1');
    headers.set("ratelimit", '"default";r=0;t=1');
    headers.append("x-b", "1");
    expect(headers.wire).toBeUndefined();
    const [other] = twins(["Content-Type: text/html", "Server: s"]);
    other.set("ratelimit", '"default";r=1;t=1');
    other.append("x-b", "1");
    expect(other.wire).toBeDefined();
    expect(other.added).toEqual(["ratelimit", '"default";r=1;t=1', "x-b", "1"]);
  });

  test("are seen by whoever asks for a field of a request that is known without a look at all", () => {
    const headers = twins([])[0];
    headers.append("authorization", "Bearer a");
    expect([headers.get("authorization"), headers.getAll("authorization")]).toEqual(["Bearer a", ["Bearer a"]]);
  });
});
