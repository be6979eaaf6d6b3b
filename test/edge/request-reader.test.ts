import { describe, expect, test } from "bun:test";
import { readRequests } from "../fuzz/read-requests.ts";

/** The text cut in two at every place. */
function halves(text: string): string[][] {
  return Array.from({ length: text.length + 1 }, (_, at) => [text.slice(0, at), text.slice(at)]);
}

describe("empty lines before a request", () => {
  test("are skipped, wherever the pieces end", () => {
    const wire = "\r\n\r\n\r\nGET /a HTTP/1.1\r\nHost: a\r\n\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n";
    for (const pieces of [[wire], [...wire], ...halves(wire)]) {
      const { messages, error } = readRequests(pieces);
      expect(error).toBeUndefined();
      expect(messages.map(({ start }) => start.split(" ")[1])).toEqual(["/a", "/b"]);
    }
  });

  test("have both of their octets", () => {
    for (const pieces of [["\rGET / HTTP/1.1\r\nHost: a\r\n\r\n"], ["\r", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"]]) {
      expect(readRequests(pieces)).toMatchObject({ messages: [], error: { code: "bad_request" } });
    }
  });
});

describe("a method", () => {
  test("may begin with any token character, wherever the pieces end", () => {
    for (const method of ["9P", "!X", "_A", "M-SEARCH"]) {
      for (const pieces of halves(`${method} /a HTTP/1.1\r\nHost: a\r\n\r\n`)) {
        const { messages, error } = readRequests(pieces);
        expect(error).toBeUndefined();
        expect(messages.map(({ start }) => start.split(" ")[0])).toEqual([method]);
      }
    }
  });

  test("that can be none is refused at its first octet", () => {
    for (const octet of ["\x16", "\0", " ", "\x80", ":", "{"]) {
      expect(readRequests([octet]).error?.code).toBe("bad_request");
    }
  });
});
