import { expect, test } from "bun:test";
import { forwardLines } from "../../src/workers/lines.ts";

async function linesOf(...chunks: readonly (string | Uint8Array)[]): Promise<string[]> {
  const lines: string[] = [];
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(typeof chunk === "string" ? Buffer.from(chunk) : chunk);
      controller.close();
    },
  });
  await forwardLines(stream, (line) => lines.push(line));
  return lines;
}

test("lines are passed on whole, however they came", async () => {
  expect(await linesOf("a", "b\nc\n\nd", "", "e\n")).toEqual(["ab\n", "c\n", "\n", "de\n"]);
});

test("a character that came in two pieces stays one", async () => {
  const bytes = Buffer.from("grün\n");
  expect(await linesOf(bytes.subarray(0, 3), bytes.subarray(3))).toEqual(["grün\n"]);
});

test("the rest of a worker that has died becomes a line", async () => {
  expect(await linesOf("a\nb")).toEqual(["a\n", "b\n"]);
});

test("a line without an end is not kept forever", async () => {
  const lines = await linesOf("x".repeat(700_000), "x".repeat(700_000), "y\n");
  expect(lines.map(({ length }) => length)).toEqual([1_400_001, 2]);
});
