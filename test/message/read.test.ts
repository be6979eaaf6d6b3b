import { describe, expect, test } from "bun:test";
import { GatewayError } from "../../src/errors.ts";
import { readAll } from "../../src/message/read.ts";
import { codeOf, ManualSource, sourceOf } from "./manual-source.ts";

const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString();

describe("readAll", () => {
  test("joins the chunks in order", async () => {
    expect(textOf(await readAll(sourceOf("a", "bc", "", "d"), 4))).toBe("abcd");
    expect(await readAll(sourceOf(), 0)).toHaveLength(0);
  });

  test("does not copy a single chunk", async () => {
    const chunk = Buffer.from("hello");
    const source = new ManualSource();
    const reading = readAll(source, 5);
    source.sink.write(chunk);
    source.sink.end();
    expect(await reading).toBe(chunk);
  });

  test("asks for more until the limit is passed", async () => {
    const source = new ManualSource();
    const reading = codeOf(readAll(source, 4));
    expect(source.write("abc")).toBe(true);
    expect(source.write("d")).toBe(true);
    expect(source.write("e")).toBe(false);
    expect(await reading).toBe("payload_too_large");
    expect(source.calls).toEqual(["start", "cancel payload_too_large"]);
  });

  test("does not start a source that says it is too long", async () => {
    const source = new ManualSource(5);
    expect(await codeOf(readAll(source, 4))).toBe("payload_too_large");
    expect(source.calls).toEqual(["cancel payload_too_large"]);
  });

  test("reads one that says it is just as long", async () => {
    const source = new ManualSource(2);
    const reading = readAll(source, 2);
    source.write("ab");
    source.sink.end();
    expect(textOf(await reading)).toBe("ab");
  });

  test("a source that goes on although it was cancelled changes nothing", async () => {
    const stubborn = new ManualSource(undefined, (sink) => {
      for (let i = 0; i < 3; i++) sink.write(Buffer.from("abc"));
      sink.end();
    });
    expect(await codeOf(readAll(stubborn, 4))).toBe("payload_too_large");
    expect(stubborn.calls).toEqual(["start", "cancel payload_too_large"]);
  });

  test("rejects with the error of a source that fails", async () => {
    const source = new ManualSource();
    const reading = codeOf(readAll(source, 4));
    source.write("abc");
    source.sink.fail(new GatewayError("client_closed"));
    expect(await reading).toBe("client_closed");
  });
});
