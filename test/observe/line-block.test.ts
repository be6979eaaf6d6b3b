import { expect, test } from "bun:test";
import { DESK, LineBlock } from "../../src/observe/line-block.ts";

function textOf(block: LineBlock, from = 0): string {
  return Buffer.from(block.lines(from)).toString();
}

/** Puts a line down by way of the desk. */
function putDesk(block: LineBlock, line: string): void {
  block.putDesk(Buffer.from(line).copy(block.desk));
}

test("has lines of both kinds behind each other, and the desk as it was left", () => {
  const block = new LineBlock();
  block.put("é\n");
  putDesk(block, "desk\n");
  const from = block.length;
  block.put("😀\n");
  expect([textOf(block), textOf(block, from), block.length]).toEqual(["é\ndesk\n😀\n", "😀\n", 13]);
  expect(Buffer.from(block.desk.subarray(0, 5)).toString()).toBe("desk\n");
  block.clear();
  expect([textOf(block), block.length]).toEqual(["", 0]);
});

test("takes no text that is longer than the log's readers are told", () => {
  const block = new LineBlock();
  expect([block.fits("x".repeat(16_384)), block.fits("x".repeat(16_385))]).toEqual([true, false]);
});

test.each(["x", "€"])("is never told to take more than fits (%s)", (letter) => {
  const block = new LineBlock();
  let all = "";
  for (const line = `${letter.repeat(1_001)}\n`; block.fits(line); all += line) block.put(line);
  expect(block.length).toBeGreaterThan(120_000);
  expect(textOf(block) === all).toBeTrue();
});

test("is never told to take a desk that does not fit", () => {
  const block = new LineBlock();
  const line = `${"x".repeat(DESK - 1)}\n`;
  let all = "";
  for (; block.hasRoom; all += line) putDesk(block, line);
  expect(all.length).toBe(131_072);
  expect(textOf(block) === all).toBeTrue();
  // One byte too many.
  block.clear();
  block.put("\n");
  for (let n = 0; n < 15; n++) putDesk(block, line);
  expect(block.hasRoom).toBeFalse();
});
