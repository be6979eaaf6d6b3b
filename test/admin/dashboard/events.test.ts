import { describe, expect, test } from "bun:test";
import { chunksOf, eventData } from "../../../src/admin/dashboard/page/api/events.ts";

async function read(...chunks: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  async function* all() {
    for (const chunk of chunks) yield new TextEncoder().encode(chunk);
  }
  for await (const data of eventData(all())) found.push(data);
  return found;
}

describe("a stream of events", () => {
  test("is read in whatever pieces it comes", async () => {
    const text = 'data: {"a":1}\n\ndata:{"b":"ü"}\r\n\r\n: a comment\nid: 7\n\ndata: one\ndata: two\n\ndata: cut off';
    expect(await read(text)).toEqual(['{"a":1}', '{"b":"ü"}', "one\ntwo"]);
    expect(await read(...text)).toEqual(['{"a":1}', '{"b":"ü"}', "one\ntwo"]);
  });

  test("ends with an error where a line does not end", async () => {
    expect(read("data: ", "x".repeat(1_048_576), "x")).rejects.toThrow("too long");
  });

  test("is cancelled when nobody reads on", async () => {
    let isCancelled = false;
    const stream = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new TextEncoder().encode("data: x\n\n")),
      cancel: () => {
        isCancelled = true;
      },
    });
    for await (const data of eventData(chunksOf(stream))) {
      expect(data).toBe("x");
      break;
    }
    expect(isCancelled).toBe(true);
  });
});
